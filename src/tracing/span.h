#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace doclayout::tracing {

/// Wall-clock time, as spans are told in.
using WallTime = std::chrono::system_clock::time_point;

/// 16 bytes that all spans of a trace share; all zero: none. A plain value.
struct TraceId {
  std::array<std::uint8_t, 16> bytes{};

  bool IsZero() const { return bytes == decltype(bytes){}; }
  friend bool operator==(const TraceId&, const TraceId&) = default;
};

/// 8 bytes, a span's own; all zero: none. A plain value.
struct SpanId {
  std::array<std::uint8_t, 8> bytes{};

  bool IsZero() const { return bytes == decltype(bytes){}; }
  friend bool operator==(const SpanId&, const SpanId&) = default;
};

/// Random, and never zero. Thread-safe, takes about as long as a copy: each thread keeps a store of random bytes.
TraceId MakeTraceId();
SpanId MakeSpanId();

/// In lower case, as in `traceparent` and in OTLP's JSON.
std::string Hex(const TraceId& id);
std::string Hex(const SpanId& id);

/// Turns monotonic times into wall-clock ones, all by the one difference that it saw when it was made: times keep their
/// order and their distances whatever is done to the wall clock meanwhile. One a trace, so that a clock which is set
/// right is right for the next trace. A plain value.
class TimeAnchor {
 public:
  TimeAnchor(TimePoint monotonic, WallTime wall) : monotonic_(monotonic), wall_(wall) {}

  static TimeAnchor Now(const Clock& clock) { return {clock.Now(), std::chrono::system_clock::now()}; }

  WallTime ToWall(TimePoint time) const {
    return wall_ + std::chrono::duration_cast<WallTime::duration>(time - monotonic_);
  }

 private:
  TimePoint monotonic_;
  WallTime wall_;
};

/// A name and a value of a span. Keep texts short: exports cut them after `kLongestText`.
struct Attribute {
  std::string key;
  std::variant<std::string, std::int64_t, double, bool> value;
};

/// As OTLP numbers them.
enum class SpanKind { kInternal = 1, kServer = 2, kClient = 3 };

/// Something that began and ended: https://opentelemetry.io/docs/specs/otel/trace/api/#span. A plain value.
struct Span {
  TraceId trace;
  SpanId id;
  SpanId parent;                  ///< zero: none
  bool parent_is_remote = false;  ///< another process's, from `traceparent`
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  WallTime start;
  WallTime end;
  std::vector<Attribute> attributes;
  bool failed = false;
  std::string message;  ///< of the failure
};

}  // namespace doclayout::tracing
