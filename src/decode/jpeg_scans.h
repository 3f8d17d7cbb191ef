#pragma once

#include <cstdint>
#include <span>

namespace doclayout::decode {

/// How many scans a JPEG of this size may have. Each costs a pass over the whole picture, blank or not (45 ms at 49
/// megapixels), and some bytes of file: 100, and fewer for what is larger than 15 megapixels, down to 20. Encoders make
/// 1 to about 20. Pure, thread-safe.
int MostJpegScans(std::uint64_t width, std::uint64_t height);

/// Counts the scans of a JPEG by its markers, without decoding; stops at `enough`. Blocks for one pass over the bytes
/// at most. Never fails: what is broken is found out by who decodes. Thread-safe.
int CountJpegScans(std::span<const std::uint8_t> jpeg, int enough);

}  // namespace doclayout::decode
