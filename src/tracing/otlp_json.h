#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracing/span.h"

/// OTLP's JSON, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: what goes to a collector, and what
/// comes back. Pure functions, thread-safe.
namespace doclayout::tracing {

/// Bytes of a name, a value or a message; what is longer is cut.
constexpr std::size_t kLongestText = 1024;

/// Who sends: the same for all spans of a process. A plain value.
struct Resource {
  std::string service_name = "doclayout";
  std::string service_version;
  std::string instance_id;  ///< of this process; empty: not told
  std::string host;         ///< empty: not told
};

/// The body of `POST /v1/traces`: an `ExportTraceServiceRequest`. Takes spans with any bytes in their texts: what is
/// not UTF-8 becomes U+FFFD.
std::string ToOtlpJson(const Resource& resource, std::span<const Span> spans);

/// What a collector did not take of a request that it answered with 200.
struct PartialSuccess {
  std::uint64_t rejected_spans = 0;
  std::string message;
};

/// Reads the body of such an answer; all spans were taken where it says nothing of them, or is no JSON.
PartialSuccess ReadPartialSuccess(std::string_view body);

}  // namespace doclayout::tracing
