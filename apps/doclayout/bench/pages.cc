#include "bench/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "input_file.h"

namespace doclayout::bench {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

bool IsImage(const fs::path& path) {
  constexpr std::array<std::string_view, 7> kImages = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kImages.begin(), kImages.end(), extension) != kImages.end();
}

Result<std::vector<std::string>> FilesOf(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const std::string& name : names) {
    if (!IsDirectory(name)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> found;
    std::error_code error;
    for (auto entry = fs::directory_iterator(name, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      std::error_code ignored;
      if (IsImage(entry->path()) && entry->is_regular_file(ignored)) found.push_back(entry->path().string());
    }
    if (error) return Fail(ErrorCode::kBadParameter, fmt::format("{}: {}", name, error.message()));
    if (found.empty()) return Fail(ErrorCode::kBadParameter, fmt::format("{}: there is no image in this folder", name));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

/// In no JPEG, PNG or TIFF by chance: 128 bits that were drawn once.
constexpr std::string_view kBoundary = "doclayout-9d1f6c3a7be24058a1c47e02f5b86d93";

Bytes AsForm(const Bytes& file) {
  const std::string head = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"page\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n",
      kBoundary);
  const std::string tail = fmt::format("\r\n--{}--\r\n", kBoundary);
  Bytes form(head.begin(), head.end());
  form.insert(form.end(), file.begin(), file.end());
  form.insert(form.end(), tail.begin(), tail.end());
  return form;
}

}  // namespace

Result<Pages> ReadPages(const std::vector<std::string>& names, bool multipart) {
  const auto files = FilesOf(names);
  if (!files) return Fail(files.error());
  Pages pages;
  pages.content_type =
      multipart ? fmt::format("multipart/form-data; boundary={}", kBoundary) : "application/octet-stream";
  for (const std::string& file : *files) {
    auto bytes = ReadInputFile(file);
    if (!bytes) return Fail(ErrorCode::kBadParameter, fmt::format("{}: {}", file, bytes.error().message));
    if (bytes->empty()) return Fail(ErrorCode::kBadParameter, fmt::format("{}: it is empty", file));
    pages.bodies.push_back(multipart ? AsForm(*bytes) : std::move(*bytes));
    pages.bytes += pages.bodies.back().size();
    if (pages.bytes > kMostBytes) {
      return Fail(ErrorCode::kBadParameter, fmt::format("the pages have more than {} bytes together", kMostBytes));
    }
  }
  return pages;
}

}  // namespace doclayout::bench
