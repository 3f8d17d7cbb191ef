#include "model/model_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "model/onnx_header.h"
#include "model/recognise.h"
#include "model/sha256.h"

// embedded_model.S
extern "C" const std::uint8_t doclayout_embedded_model_begin[];
extern "C" const std::uint8_t doclayout_embedded_model_end[];

namespace doclayout::model {
namespace {

/// Names of files that are known by their digest, wherever they lie and whatever they are called there.
struct KnownModel {
  std::string_view sha256;
  std::string_view name;
};
constexpr KnownModel kKnownModels[] = {
    {"25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c", "picodet-cdla"},
    {"958aa6dcef1cc1a542d0a513b5976a3d5edbcc37d76460ec1e9f126358e4d100", "picodet-publaynet"},
    {"5b07ba6df1d1889bed2877c9d7501235c6fb6e2212aca8f2f56f4b1b8d0e37b5", "picodet-table"},
};

Error SystemError(const std::filesystem::path& path, std::string_view what) {
  return {ErrorCode::kBadModel, fmt::format("model file '{}': {}: {}", path.string(), what, std::strerror(errno))};
}

}  // namespace

Result<ModelFile> ModelFile::Make(std::shared_ptr<const void> owner, std::span<const std::uint8_t> bytes,
                                  std::string name) {
  const Result<OnnxHeader> header = ReadOnnxHeader(bytes);
  if (!header) return Fail(header.error());
  Result<ModelCard> card = Recognise(*header);
  if (!card) return Fail(std::move(card.error()));

  ModelFile file;
  file.card_ = std::move(*card);
  file.card_.sha256 = Sha256(bytes);
  file.card_.name = std::move(name);
  for (const KnownModel& known : kKnownModels) {
    if (known.sha256 == file.card_.sha256) file.card_.name = known.name;
  }
  file.owner_ = std::move(owner);
  file.bytes_ = bytes;
  return file;
}

ModelFile ModelFile::Embedded() {
  const auto size = static_cast<std::size_t>(doclayout_embedded_model_end - doclayout_embedded_model_begin);
  Result<ModelFile> file = Make(nullptr, {doclayout_embedded_model_begin, size}, "embedded");
  if (!file) std::abort();
  return std::move(*file);
}

Result<ModelFile> ModelFile::Load(const std::filesystem::path& path) {
  // Not blocking: a named pipe without a writer would hold the start for ever. Regular files do not mind.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Fail(SystemError(path, "cannot be opened"));
  struct stat status{};
  const bool known = fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode) || status.st_size == 0) {
    close(descriptor);
    return Fail(ErrorCode::kBadModel, fmt::format("model file '{}' is {}", path.string(),
                                                  known && S_ISREG(status.st_mode) ? "empty" : "not a regular file"));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  // Mapped, not read: of a large file only the pages that the runtime copies from are in memory, and only meanwhile.
  void* mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (mapping == MAP_FAILED) return Fail(SystemError(path, "cannot be mapped"));
  std::shared_ptr<const void> owner(mapping, [size](void* address) { munmap(address, size); });

  Result<ModelFile> file =
      Make(std::move(owner), {static_cast<const std::uint8_t*>(mapping), size}, path.stem().string());
  if (!file) {
    return Fail(ErrorCode::kBadModel, fmt::format("model file '{}': {}", path.string(), file.error().message));
  }
  file->path_ = path;
  return file;
}

}  // namespace doclayout::model
