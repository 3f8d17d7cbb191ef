#include "decode/tiff_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace doclayout::decode {
namespace {

tmsize_t RefuseWrite(thandle_t /*self*/, void* /*source*/, tmsize_t /*size*/) {
  return 0;
}
int IgnoreClose(thandle_t /*self*/) {
  return 0;
}
void IgnoreUnmap(thandle_t /*self*/, void* /*base*/, toff_t /*size*/) {}

}  // namespace

TiffFile::TiffFile(std::span<const std::uint8_t> bytes, std::size_t max_allocation) : bytes_(bytes) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (options == nullptr) return;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(max_allocation));
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &OnError, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &OnWarning, this);
  tiff_.reset(TIFFClientOpenExt("document", "r", this, &Read, &RefuseWrite, &Seek, &IgnoreClose, &Size, &Map,
                                &IgnoreUnmap, options.get()));
}

void TiffFile::ClearMessages() {
  first_error_[0] = '\0';
  damaged_ = false;
}

tl::unexpected<Error> TiffFile::Broken() const {
  std::string_view reason = first_error();
  if (damaged_) reason = "image data is missing or corrupt";
  if (reason.empty()) reason = "its directory cannot be read";
  while (reason.ends_with('.')) reason.remove_suffix(1);
  return Fail(ErrorCode::kUndecodable, fmt::format("The TIFF is broken: {}.", reason));
}

tmsize_t TiffFile::Read(thandle_t self, void* target, tmsize_t size) {
  auto& file = *static_cast<TiffFile*>(self);
  if (size <= 0 || file.position_ >= file.bytes_.size()) return 0;
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(size), file.bytes_.size() - file.position_);
  std::memcpy(target, file.bytes_.data() + file.position_, count);
  file.position_ += count;
  return static_cast<tmsize_t>(count);
}

toff_t TiffFile::Seek(thandle_t self, toff_t offset, int whence) {
  auto& file = *static_cast<TiffFile*>(self);
  // Offsets beyond the end are harmless: reading there gives nothing. Unsigned sums wrap, as a negative step is meant
  // to.
  if (whence == SEEK_SET) file.position_ = offset;
  if (whence == SEEK_CUR) file.position_ += offset;
  if (whence == SEEK_END) file.position_ = file.bytes_.size() + offset;
  return file.position_;
}

int TiffFile::Map(thandle_t self, void** base, toff_t* size) {
  auto& file = *static_cast<TiffFile*>(self);
  // libtiff only reads from what it maps: with files of the disk the pages are write-protected.
  *base = const_cast<std::uint8_t*>(file.bytes_.data());
  *size = file.bytes_.size();
  return 1;
}

toff_t TiffFile::Size(thandle_t self) {
  return static_cast<TiffFile*>(self)->bytes_.size();
}

int TiffFile::OnError(TIFF* /*tiff*/, void* self, const char* /*module*/, const char* format, va_list arguments) {
  auto& file = *static_cast<TiffFile*>(self);
  if (file.first_error_[0] == '\0') std::vsnprintf(file.first_error_, sizeof file.first_error_, format, arguments);
  return 1;  // handled: the process-wide handler stays silent
}

int TiffFile::OnWarning(TIFF* /*tiff*/, void* self, const char* module, const char* format, va_list arguments) {
  auto& file = *static_cast<TiffFile*>(self);
  if (module == nullptr || std::strcmp(module, "JPEGLib") != 0) return 1;
  char message[256];
  std::vsnprintf(message, sizeof message, format, arguments);
  const std::string_view text = message;
  const bool corrupt = text.starts_with("Corrupt JPEG data") && text.find("extraneous") == std::string_view::npos;
  if (corrupt || text.starts_with("Premature end")) file.damaged_ = true;
  return 1;
}

}  // namespace doclayout::decode
