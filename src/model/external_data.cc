#include "model/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace doclayout::model {
namespace {

namespace fs = std::filesystem;

bool StaysInside(const fs::path& location) {
  return !location.empty() && location.is_relative() && location.has_filename() &&
         location.native().find('\0') == std::string::npos &&
         std::ranges::none_of(location, [](const fs::path& part) { return part == ".."; });
}

Result<fs::path> Find(const ExternalFile& file, const fs::path& folder) {
  if (!StaysInside(file.location)) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the graph names '{}' as its file of weights, which is not a path inside "
                            "the graph's own folder",
                            file.location));
  }
  fs::path path = folder / file.location;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the graph's weights are in the file '{}', which is missing: it belongs beside the graph",
                            path.string()));
  }
  if (!fs::is_regular_file(status)) {
    return Fail(ErrorCode::kBadModel, fmt::format("the graph's file of weights '{}' {}", path.string(),
                                                  error ? error.message() : "is not a regular file"));
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size < file.bytes) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the graph's file of weights '{}' has {} bytes where the graph reads {}: it is cut off, or "
                            "another model's",
                            path.string(), error ? 0 : size, file.bytes));
  }
  return path;
}

}  // namespace

Result<std::vector<fs::path>> FindExternalFiles(const OnnxHeader& header, const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const ExternalFile& file : header.external_files) {
    Result<fs::path> path = Find(file, folder);
    if (!path) return Fail(std::move(path.error()));
    paths.push_back(std::move(*path));
  }
  return paths;
}

}  // namespace doclayout::model
