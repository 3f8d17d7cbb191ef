#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace doclayout::metrics {

/// What an observation can be looked up by: the trace that it was made in. All zero: none. A plain value.
///
/// The request's id is no part of it: the trace's line in the log has that, and callers choose it freely.
struct Exemplar {
  std::array<std::uint8_t, 16> trace_id{};

  bool IsNone() const { return *this == Exemplar{}; }
  friend bool operator==(const Exemplar&, const Exemplar&) = default;
};

/// The last exemplar of one bucket. Thread-safe, lock-free, without allocation.
///
/// A sequence lock: its number is odd while somebody writes. Nobody waits: who finds another at work leaves its own
/// exemplar out, which is no worse an example. All parts are atomics, so that a torn read is noticed and is no race.
class ExemplarCell {
 public:
  struct Record {
    Exemplar exemplar;
    double value = 0;
    std::chrono::system_clock::time_point time;
  };

  void Store(const Record& record);

  /// Nullopt before the first, and when writers are at work the whole time.
  std::optional<Record> Load() const;

 private:
  std::atomic<std::uint64_t> sequence_{0};  // twice the number of writes, 1 more while one is going on
  std::array<std::atomic<std::uint64_t>, 2> trace_id_{};
  std::atomic<double> value_{0};
  std::atomic<std::int64_t> time_{0};  // in the clock's own unit
};

}  // namespace doclayout::metrics
