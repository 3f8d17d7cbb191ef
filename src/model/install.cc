#include "model/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/sha256.h"
#include "model/mapped_file.h"
#include "model/part_file.h"

namespace doclayout::model {
namespace {

namespace fs = std::filesystem;

/// The model, if it is there already and whole.
std::optional<Installed> FindInstalled(const CatalogueEntry& entry, const fs::path& target) {
  const auto digest = DigestOf(target);
  if (!digest || *digest != entry.sha256) return std::nullopt;
  std::error_code error;
  return Installed{.path = target, .bytes = fs::file_size(target, error), .was_there = true};
}

Error WrongDigest(const CatalogueEntry& entry, std::string_view source, std::string_view digest) {
  return {ErrorCode::kBadModel, fmt::format("{} is not the model {}: its SHA-256 is {}, not {}; nothing was kept",
                                            source, entry.name, digest, entry.sha256)};
}

/// What is left to do once the bytes are there.
Result<Installed> Finish(const CatalogueEntry& entry, PartFile part, std::string_view source) {
  const std::string digest = part.Digest();
  if (digest != entry.sha256) {
    part.Discard();
    return Fail(WrongDigest(entry, source, digest));
  }
  Installed installed{.path = part.target(), .bytes = part.size(), .was_there = false};
  if (auto published = part.Publish(); !published) return Fail(std::move(published.error()));
  return installed;
}

Result<void> Copy(const MappedFile& source, PartFile& part, const DownloadHooks& hooks) {
  if (auto good = part.Restart(); !good) return good;
  const auto bytes = source.bytes();
  constexpr std::size_t kBlock = std::size_t{4} << 20;
  for (std::size_t at = 0; at < bytes.size(); at += kBlock) {
    if (auto good = part.Append(bytes.subspan(at, std::min(kBlock, bytes.size() - at))); !good) return good;
    if (hooks.on_progress) hooks.on_progress(part.size(), bytes.size());
  }
  return {};
}

}  // namespace

Result<std::string> DigestOf(const fs::path& path) {
  const Result<MappedFile> file = MappedFile::Open(path, "model file");
  if (!file) return Fail(file.error());
  return Sha256(file->bytes());
}

Result<Installed> PullModel(const CatalogueEntry& entry, const fs::path& folder, std::string_view mirror,
                            const DownloadOptions& options, const DownloadHooks& hooks) {
  const fs::path target = PulledFile(folder, entry);
  if (auto there = FindInstalled(entry, target)) return *there;
  Result<PartFile> part = PartFile::Open(target, hooks.on_wait);
  if (!part) return Fail(std::move(part.error()));
  // Whoever held the part before may have brought it to its end.
  if (auto there = FindInstalled(entry, target)) return *there;

  DownloadOptions bounded = options;
  bounded.expected_bytes = entry.bytes;
  const std::string url = UrlOf(entry, mirror);
  const bool resumed = part->size() > 0;
  if (part->Digest() != entry.sha256) {
    if (auto good = Download(url, *part, bounded, hooks); !good) return Fail(std::move(good.error()));
  }
  if (resumed && part->Digest() != entry.sha256) {
    // What an earlier run left may be of another file: from the start, once.
    if (auto good = part->Restart(); !good) return Fail(std::move(good.error()));
    if (auto good = Download(url, *part, bounded, hooks); !good) return Fail(std::move(good.error()));
  }
  return Finish(entry, std::move(*part), fmt::format("what {} serves", PrintableUrl(url)));
}

Result<Installed> InstallModel(const CatalogueEntry& entry, const fs::path& folder, const fs::path& source,
                               const DownloadHooks& hooks) {
  const fs::path target = PulledFile(folder, entry);
  const Result<MappedFile> file = MappedFile::Open(source, "model file");
  if (!file) return Fail(file.error());
  if (auto there = FindInstalled(entry, target)) return *there;
  // Before anything is written: what is refused shall not cost the part of a download.
  const std::string digest = Sha256(file->bytes());
  if (digest != entry.sha256) return Fail(WrongDigest(entry, fmt::format("'{}'", source.string()), digest));
  Result<PartFile> part = PartFile::Open(target, hooks.on_wait);
  if (!part) return Fail(std::move(part.error()));
  if (auto copied = Copy(*file, *part, hooks); !copied) {
    part->Discard();
    return Fail(std::move(copied.error()));
  }
  return Finish(entry, std::move(*part), fmt::format("'{}'", source.string()));
}

}  // namespace doclayout::model
