// Any bytes as a .npy file: what its header claims must be in the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "postprocess/npy_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace doclayout::postprocess;  // NOLINT: one function

  const auto header = ReadNpyHeader({data, size}, size);
  if (!header) {
    if (header.error().message.empty()) std::abort();
    return 0;
  }
  if (header->shape.size() > 8 || header->data_offset > size) std::abort();
  if (header->data_bytes() != size - header->data_offset) std::abort();
  // Only the first bytes of a large file are at hand.
  const auto again = ReadNpyHeader({data, header->data_offset}, size);
  if (!again || again->shape != header->shape) std::abort();
  return 0;
}
