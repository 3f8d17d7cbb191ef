#include "tracing/otlp_json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace doclayout::tracing {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStatusError = 2;

// Of a span's flags, beside those of W3C in the low byte: whether the parent is another process's, and that this is
// known.
constexpr unsigned kSampled = 0x001;
constexpr unsigned kHasIsRemote = 0x100;
constexpr unsigned kIsRemote = 0x200;

/// Cut before the character that would be cut through.
std::string Text(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

/// Protobuf's JSON has 64-bit integers as texts.
std::string Nanoseconds(WallTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

/// Protobuf's JSON has names for what JSON has no numbers for.
Json Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

struct AnyValue {
  Json operator()(const std::string& value) const { return {{"stringValue", Text(value)}}; }
  Json operator()(std::int64_t value) const { return {{"intValue", std::to_string(value)}}; }
  Json operator()(double value) const { return {{"doubleValue", Number(value)}}; }
  Json operator()(bool value) const { return {{"boolValue", value}}; }
};

Json KeyValue(const Attribute& attribute) {
  return {{"key", Text(attribute.key)}, {"value", std::visit(AnyValue(), attribute.value)}};
}

Json Attributes(std::span<const Attribute> attributes) {
  Json list = Json::array();
  for (const Attribute& attribute : attributes) list.push_back(KeyValue(attribute));
  return list;
}

Json ResourceToJson(const Resource& resource) {
  std::vector<Attribute> attributes{{"service.name", resource.service_name}};
  for (const auto& [key, value] : {std::pair("service.version", &resource.service_version),
                                   {"service.instance.id", &resource.instance_id},
                                   {"host.name", &resource.host}}) {
    if (!value->empty()) attributes.push_back({key, *value});
  }
  return {{"attributes", Attributes(attributes)}};
}

Json SpanToJson(const Span& span) {
  Json json;
  json["traceId"] = Hex(span.trace);
  json["spanId"] = Hex(span.id);
  if (!span.parent.IsZero()) json["parentSpanId"] = Hex(span.parent);
  json["flags"] = kSampled | kHasIsRemote | (span.parent_is_remote ? kIsRemote : 0);
  json["name"] = Text(span.name);
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = Nanoseconds(span.start);
  json["endTimeUnixNano"] = Nanoseconds(span.end);
  if (!span.attributes.empty()) json["attributes"] = Attributes(span.attributes);
  if (span.failed) {
    json["status"] = {{"code", kStatusError}};
    if (!span.message.empty()) json["status"]["message"] = Text(span.message);
  }
  return json;
}

/// A 64-bit integer, which may come as a text or as a number.
std::uint64_t Count(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  const auto* text = json.get_ptr<const std::string*>();
  std::uint64_t count = 0;
  if (text != nullptr && std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc()) return 0;
  return count;
}

}  // namespace

std::string ToOtlpJson(const Resource& resource, std::span<const Span> spans) {
  Json list = Json::array();
  for (const Span& span : spans) list.push_back(SpanToJson(span));
  Json scope{{"name", "doclayout"}};
  if (!resource.service_version.empty()) scope["version"] = Text(resource.service_version);
  Json scope_spans;
  scope_spans["scope"] = std::move(scope);
  scope_spans["spans"] = std::move(list);
  Json resource_spans;
  resource_spans["resource"] = ResourceToJson(resource);
  resource_spans["scopeSpans"] = Json::array({std::move(scope_spans)});
  Json request;
  request["resourceSpans"] = Json::array({std::move(resource_spans)});
  return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PartialSuccess ReadPartialSuccess(std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return {};
  const auto partial = answer.find("partialSuccess");
  if (partial == answer.end() || !partial->is_object()) return {};
  PartialSuccess found;
  if (const auto rejected = partial->find("rejectedSpans"); rejected != partial->end()) {
    found.rejected_spans = Count(*rejected);
  }
  if (const auto message = partial->find("errorMessage"); message != partial->end() && message->is_string()) {
    found.message = Text(message->get<std::string>());
  }
  return found;
}

}  // namespace doclayout::tracing
