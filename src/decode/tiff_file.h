#pragma once

#include <tiffio.h>

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace doclayout::decode {

/// An open TIFF in memory, with what libtiff says about it kept here instead of on stderr.
///
/// Uses libtiff's handlers of one file, not those of the process, so that files on different threads do not mix. Not
/// thread-safe itself. Borrows the bytes. Does not move: libtiff holds its address.
class TiffFile {
 public:
  /// `max_allocation` is the most bytes that libtiff may take at once; a file that wants more is an error of libtiff's.
  TiffFile(std::span<const std::uint8_t> bytes, std::size_t max_allocation);
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  /// Null when the header or the first directory could not be read.
  TIFF* get() const { return tiff_.get(); }

  /// Whether a JPEG within the file turned out to miss image data: libtiff only warns and fills it with gray.
  bool damaged() const { return damaged_; }

  /// What libtiff said first since `ClearMessages`; empty when nothing.
  std::string_view first_error() const { return first_error_; }

  void ClearMessages();

  /// `kUndecodable`, with the first error as its reason.
  tl::unexpected<Error> Broken() const;

 private:
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  static tmsize_t Read(thandle_t self, void* target, tmsize_t size);
  static toff_t Seek(thandle_t self, toff_t offset, int whence);
  static int Map(thandle_t self, void** base, toff_t* size);
  static toff_t Size(thandle_t self);
  static int OnError(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);
  static int OnWarning(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);

  const std::span<const std::uint8_t> bytes_;
  std::uint64_t position_ = 0;
  bool damaged_ = false;
  char first_error_[256] = "";
  std::unique_ptr<TIFF, Close> tiff_;
};

}  // namespace doclayout::decode
