#include "runtime/blob_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/sha256.h"

namespace doclayout::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".compiled";
constexpr std::string_view kUnfinished = ".unfinished";

/// Older ones belong to processes that ended before they were done.
constexpr std::chrono::hours kUnfinishedLives{1};

/// What a file begins with; its content follows. The layout is the file's format: a new one takes a new `kFormat`.
struct Head {
  std::array<char, 16> format{};
  std::array<char, 64> key_sha256{};
  std::array<char, 64> content_sha256{};
  std::uint64_t content_size = 0;
  std::array<char, 40> reserved{};
};
static_assert(sizeof(Head) == 192, "the content is aligned to 64 bytes");

constexpr std::string_view kFormat = "doclayout-blob-1";

void Set(std::span<char> field, std::string_view text) {
  std::copy_n(text.begin(), std::min(field.size(), text.size()), field.begin());
}

bool Is(std::span<const char> field, std::string_view text) {
  return std::string_view(field.data(), field.size()) == text;
}

std::span<const std::uint8_t> BytesOf(const void* data, std::size_t size) {
  return {static_cast<const std::uint8_t*>(data), size};
}

std::string KeyDigest(const std::string& key) {
  return Sha256(BytesOf(key.data(), key.size()));
}

Error Unusable(const fs::path& path, std::string_view why) {
  return {ErrorCode::kInternal, fmt::format("'{}' is not used: {}", path.string(), why)};
}

/// The file whole, in pages that the system may drop again.
Result<Blob> Map(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) return Fail(ErrorCode::kNotFound, "no such file");
  if (descriptor < 0) return Fail(Unusable(path, std::strerror(errno)));
  struct stat status{};
  const bool whole = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                     std::cmp_greater_equal(status.st_size, sizeof(Head));
  const auto size = static_cast<std::size_t>(status.st_size);
  void* mapping = whole ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  const int failure = errno;
  close(descriptor);
  if (!whole) return Fail(Unusable(path, "it is no file of this cache"));
  if (mapping == MAP_FAILED) return Fail(Unusable(path, std::strerror(failure)));
  return Blob{.owner = std::shared_ptr<const void>(mapping, [size](void* address) { munmap(address, size); }),
              .bytes = BytesOf(mapping, size)};
}

Result<void> WriteHead(const fs::path& path, const std::string& key_digest) {
  const Result<Blob> file = Map(path);
  if (!file) return Fail(file.error());
  const auto content = file->bytes.subspan(sizeof(Head));
  Head head{.content_size = content.size()};
  Set(head.format, kFormat);
  Set(head.key_sha256, key_digest);
  Set(head.content_sha256, Sha256(content));
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  stream.write(reinterpret_cast<const char*>(&head), sizeof(head));
  stream.close();
  if (!stream) return Fail(Unusable(path, "it cannot be written"));
  return {};
}

/// Writes a head without content and then the content, so that this need not be in memory whole.
Result<void> WriteFile(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  if (!stream) return Fail(ErrorCode::kInternal, fmt::format("'{}': {}", path.string(), std::strerror(errno)));
  const Head empty;
  stream.write(reinterpret_cast<const char*>(&empty), sizeof(empty));
  try {
    write(stream);
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("'{}': {}", path.string(), error.what()));
  }
  errno = 0;
  stream.close();
  if (!stream) {
    const char* why = errno != 0 ? std::strerror(errno) : "it could not be written whole";
    return Fail(ErrorCode::kInternal, fmt::format("'{}': {}", path.string(), why));
  }
  return {};
}

}  // namespace

BlobCache::BlobCache(fs::path folder, std::size_t kept) : folder_(std::move(folder)), kept_(kept) {}

fs::path BlobCache::PathOf(const std::string& key) const {
  return folder_ / (KeyDigest(key).substr(0, 32) + std::string(kExtension));
}

Result<Blob> BlobCache::Find(const std::string& key) const {
  const fs::path path = PathOf(key);
  Result<Blob> file = Map(path);
  if (!file) return Fail(std::move(file.error()));
  Head head;
  std::memcpy(&head, file->bytes.data(), sizeof(head));
  const auto content = file->bytes.subspan(sizeof(Head));
  if (!Is(head.format, kFormat)) return Fail(Unusable(path, "it is of another format"));
  if (!Is(head.key_sha256, KeyDigest(key))) return Fail(Unusable(path, "it belongs to something else"));
  if (head.content_size != content.size()) return Fail(Unusable(path, "it was cut off"));
  if (!Is(head.content_sha256, Sha256(content))) return Fail(Unusable(path, "its content was changed"));
  // The newest are kept, and newest is what was used last. A folder that cannot be written keeps all anyway.
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  file->bytes = content;
  return file;
}

Result<void> BlobCache::Store(const std::string& key, const std::function<void(std::ostream&)>& write) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Fail(ErrorCode::kInternal, fmt::format("'{}': {}", folder_.string(), error.message()));
  const fs::path path = PathOf(key);
  const fs::path fresh = path.string() + fmt::format(".{}{}", getpid(), kUnfinished);
  Result<void> done = WriteFile(fresh, write);
  if (done) done = WriteHead(fresh, KeyDigest(key));
  if (done) {
    fs::rename(fresh, path, error);
    if (error) done = Fail(ErrorCode::kInternal, fmt::format("'{}': {}", path.string(), error.message()));
  }
  std::error_code ignored;
  if (!done) fs::remove(fresh, ignored);
  RemoveOld();
  return done;
}

/// Whatever goes wrong here leaves a file too many, and that is all.
void BlobCache::RemoveOld() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code ignored;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator entry(folder_, ignored), end; entry != end; entry.increment(ignored)) {
    const fs::path& path = entry->path();
    const auto written = entry->last_write_time(ignored);
    if (path.extension() == kExtension) files.emplace_back(written, path);
    if (path.extension() == kUnfinished && now - written > kUnfinishedLives) fs::remove(path, ignored);
  }
  std::ranges::sort(files, std::greater{});
  for (std::size_t i = kept_; i < files.size(); ++i) fs::remove(files[i].second, ignored);
}

}  // namespace doclayout::runtime
