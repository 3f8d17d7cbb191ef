#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "types/tensor.h"

namespace doclayout::postprocess {

/// What a `.npy` file says of its array.
struct NpyHeader {
  ElementType type = ElementType::kFloat32;
  Shape shape;
  std::size_t data_offset = 0;  ///< bytes of the file before the first element

  std::size_t data_bytes() const { return ElementCount(shape) * ElementSize(type); }
};

/// The most bytes that a header may take, the part before its text included.
constexpr std::size_t kMaxNpyHeader = std::size_t{64} << 10;

/// Reads the header of a `.npy` file (numpy's format, versions 1 to 3: numpy/lib/format.py) out of its first bytes, all
/// of them or at least `kMaxNpyHeader`. The array must be in C order, of little-endian float32, int32, uint8 or bool,
/// of at most eight dimensions, and fill the rest of the `file_size` bytes: a size that only the header claims is
/// refused.
///
/// Thread-safe. `kUndecodable` says what is wrong.
Result<NpyHeader> ReadNpyHeader(std::span<const std::uint8_t> bytes, std::uint64_t file_size);

/// An array in memory, bool as uint8. Moves only; its memory must outlive its views.
class NpyArray {
 public:
  /// Reads a whole file. `kNotFound` when it cannot be read, else as `ReadNpyHeader`; blocks for the disk.
  static Result<NpyArray> Load(const std::filesystem::path& path);

  const Shape& shape() const { return shape_; }

  /// With dimensions of 1 in front until it has `rank`.
  TensorView View(std::string_view name, std::size_t rank) const;

 private:
  NpyArray() = default;

  ElementType type_ = ElementType::kFloat32;
  Shape shape_;
  std::unique_ptr<std::byte[]> data_;
};

}  // namespace doclayout::postprocess
