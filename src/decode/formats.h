#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "decode/document.h"
#include "decode/orient.h"
#include "types/page.h"

namespace doclayout::decode {

/// One opener a format: `OpenDocument` picks by the first bytes. Each reads the header, checks the limits and takes no
/// memory for pixels yet. Thread-safe; the documents borrow the bytes. Failures as of `OpenDocument`.
Result<std::unique_ptr<Document>> OpenJpeg(std::span<const std::uint8_t> bytes, const Limits& limits);
Result<std::unique_ptr<Document>> OpenPng(std::span<const std::uint8_t> bytes, const Limits& limits);
Result<std::unique_ptr<Document>> OpenWebp(std::span<const std::uint8_t> bytes, const Limits& limits);
Result<std::unique_ptr<Document>> OpenTiff(std::span<const std::uint8_t> bytes, const Limits& limits);
Result<std::unique_ptr<Document>> OpenBmp(std::span<const std::uint8_t> bytes, const Limits& limits);

/// Dots an inch along the stored rows and columns, where a file states them.
struct Density {
  std::optional<double> x;
  std::optional<double> y;
};

/// None for what no scanner or printer means: less than 1, more than 100,000, not a number.
std::optional<double> PlausibleDpi(double dots_per_inch);

/// Turns stored pixels upright and makes a page of them. Blocks while turning.
Result<Page> FinishPage(int index, Image stored, Orientation orientation, const Density& density);

/// `kBadParameter` unless `index` is one of a document's `count` pages.
Result<void> CheckPageIndex(int index, int count);

/// What formats with one picture a file have in common.
class SinglePageDocument : public Document {
 public:
  int page_count() const final { return 1; }
  Result<Page> ReadPage(int index) final;

 protected:
  SinglePageDocument(Orientation orientation, const Density& density) : orientation_(orientation), density_(density) {}

  /// The pixels as stored, not turned.
  virtual Result<Image> Decode() = 0;

  Orientation orientation() const { return orientation_; }
  /// Makes a page of what `Decode` or the like gave.
  Result<Page> Finish(int index, Result<Image> stored) const;

 private:
  const Orientation orientation_;
  const Density density_;
};

}  // namespace doclayout::decode
