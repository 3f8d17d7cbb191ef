#include "v3/model_files.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "v3/weights.h"

namespace doclayout::v3 {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWeightsSha256 = "85dece70514b21093e5bb372d75cbf6133e5687e12e12a9e7e7fea2c6a5690bc";
constexpr std::size_t kWeightsSize = 132487040;

Result<std::vector<std::uint8_t>> ReadFile(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::vector<std::uint8_t> bytes(error ? 0 : size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (error || !file) return Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be read", path.string()));
  return bytes;
}

/// Reads a file that gzip compressed.
Result<std::vector<std::uint8_t>> ReadCompressed(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> chunk(1U << 18U);
  int count = file ? 1 : -1;
  while (count > 0) {
    count = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()));
    if (count > 0) bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
  }
  if (count < 0) return Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be unpacked", path.string()));
  return bytes;
}

/// Under a name of its own first, so that no other process sees half a file.
Result<void> WriteWhole(const fs::path& path, std::span<const std::uint8_t> bytes) {
  const fs::path fresh = path.string() + fmt::format(".{}", getpid());
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code error;
  if (file) fs::rename(fresh, path, error);
  if (!file || error) {
    std::error_code ignored;
    fs::remove(fresh, ignored);
    return Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be written", path.string()));
  }
  return {};
}

Result<void> WriteGraph(const fs::path& source, const fs::path& path) {
  const auto graph = ReadCompressed(source);
  if (!graph) return Fail(graph.error());
  std::error_code error;
  if (fs::file_size(path, error) == graph->size() && !error && ReadFile(path) == graph) return {};
  return WriteWhole(path, *graph);
}

Result<void> WriteWeights(const fs::path& rules_path, const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) == kWeightsSize && !error) {
    const auto present = ReadFile(path);
    if (present && Sha256(*present) == kWeightsSha256) return {};
  }
  const auto rules = ReadFile(rules_path);
  if (!rules) return Fail(rules.error());
  const auto weights = MakeWeights({reinterpret_cast<const char*>(rules->data()), rules->size()});
  if (!weights) return Fail(weights.error());
  if (const std::string digest = Sha256(*weights); digest != kWeightsSha256) {
    return Fail(ErrorCode::kBadModel, fmt::format("the weights have the SHA-256 {}, not {}", digest, kWeightsSha256));
  }
  return WriteWhole(path, *weights);
}

}  // namespace

Result<ModelFiles> WriteModelFiles(const fs::path& folder) {
  const fs::path sources = DOCLAYOUT_V3_SOURCES;
  ModelFiles files{.official = folder / "official.onnx", .transformers = folder / "transformers.onnx"};
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Fail(ErrorCode::kInternal, fmt::format("'{}': {}", folder.string(), error.message()));
  // Both graphs name their weights so.
  if (auto done = WriteWeights(sources / "weights.csv", folder / "weights.bin"); !done) return Fail(done.error());
  if (auto done = WriteGraph(sources / "official.onnx.gz", files.official); !done) return Fail(done.error());
  if (auto done = WriteGraph(sources / "transformers.onnx.gz", files.transformers); !done) return Fail(done.error());
  return files;
}

}  // namespace doclayout::v3
