#include "metrics/exemplar.h"

#include <bit>

namespace doclayout::metrics {
namespace {

using WallTime = std::chrono::system_clock::time_point;
using Halves = std::array<std::uint64_t, 2>;

/// A write takes nanoseconds: who meets one so often has met a writer that the kernel has put aside.
constexpr int kTries = 8;

}  // namespace

// The parts are released and acquired one by one, where a fence would do: a reader that sees any part of a write then
// sees the odd number before it too, and thread sanitizers understand it. It costs nothing on x86-64.

void ExemplarCell::Store(const Record& record) {
  std::uint64_t even = sequence_.load(std::memory_order_relaxed);
  if (even % 2 != 0) return;
  if (!sequence_.compare_exchange_strong(even, even + 1, std::memory_order_acquire, std::memory_order_relaxed)) return;
  const auto halves = std::bit_cast<Halves>(record.exemplar.trace_id);
  trace_id_[0].store(halves[0], std::memory_order_release);
  trace_id_[1].store(halves[1], std::memory_order_release);
  value_.store(record.value, std::memory_order_release);
  time_.store(record.time.time_since_epoch().count(), std::memory_order_release);
  sequence_.store(even + 2, std::memory_order_release);
}

std::optional<ExemplarCell::Record> ExemplarCell::Load() const {
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = sequence_.load(std::memory_order_acquire);
    if (before == 0) return std::nullopt;
    const Halves halves = {trace_id_[0].load(std::memory_order_acquire), trace_id_[1].load(std::memory_order_acquire)};
    const double value = value_.load(std::memory_order_acquire);
    const WallTime time{WallTime::duration(time_.load(std::memory_order_acquire))};
    if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) {
      return Record{{std::bit_cast<decltype(Exemplar::trace_id)>(halves)}, value, time};
    }
  }
  return std::nullopt;
}

}  // namespace doclayout::metrics
