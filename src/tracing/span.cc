#include "tracing/span.h"

#include <sys/random.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace doclayout::tracing {
namespace {

/// Random bytes of one thread. A system call for each id would cost more than all else that is done for a span.
class RandomStore {
 public:
  void Fill(std::span<std::uint8_t> bytes) {
    if (bytes.size() > store_.size() - used_) {
      // Up to 256 bytes come whole, and only before the kernel is seeded at boot does it block.
      [[maybe_unused]] const ssize_t got = getrandom(store_.data(), store_.size(), 0);
      used_ = 0;
    }
    std::copy_n(store_.begin() + static_cast<std::ptrdiff_t>(used_), bytes.size(), bytes.begin());
    used_ += bytes.size();
  }

 private:
  std::array<std::uint8_t, 256> store_{};
  std::size_t used_ = store_.size();
};

template <typename Id>
Id MakeId() {
  thread_local RandomStore random;
  Id id;
  random.Fill(id.bytes);
  if (id.IsZero()) id.bytes.back() = 1;
  return id;
}

std::string HexText(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace

TraceId MakeTraceId() {
  return MakeId<TraceId>();
}

SpanId MakeSpanId() {
  return MakeId<SpanId>();
}

std::string Hex(const TraceId& id) {
  return HexText(id.bytes);
}

std::string Hex(const SpanId& id) {
  return HexText(id.bytes);
}

}  // namespace doclayout::tracing
