#include "tracing/otlp_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace doclayout::tracing {
namespace {

Span SomeSpan() {
  Span span;
  span.trace.bytes = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};
  span.id.bytes = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31};
  span.name = "decode";
  span.start = WallTime(std::chrono::nanoseconds(1'700'000'000'000'000'001));
  span.end = WallTime(std::chrono::nanoseconds(1'700'000'000'002'500'000));
  return span;
}

/// The one span of a request.
nlohmann::json SpanOf(const std::string& request) {
  return nlohmann::json::parse(request)["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
}

TEST(OtlpJson, OfASpanThatHasOnlyWhatItMust) {
  EXPECT_EQ(ToOtlpJson({}, std::vector{SomeSpan()}),
            R"({"resourceSpans":[{"resource":{"attributes":[)"
            R"({"key":"service.name","value":{"stringValue":"doclayout"}}]},)"
            R"("scopeSpans":[{"scope":{"name":"doclayout"},"spans":[{)"
            R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","flags":257,)"
            R"("name":"decode","kind":1,)"
            R"("startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000000002500000"}]}]}]})");
}

TEST(OtlpJson, OfASpanThatHasAll) {
  Span span = SomeSpan();
  span.parent.bytes = {0, 0, 0, 0, 0, 0, 0, 1};
  span.parent_is_remote = true;
  span.kind = SpanKind::kServer;
  span.attributes = {{"a", "text"}, {"b", std::int64_t{-5}}, {"c", 0.5}, {"d", true}};
  span.failed = true;
  span.message = "it broke";
  const Resource resource{
      .service_name = "layout", .service_version = "1.2.3", .instance_id = "instance", .host = "host"};

  EXPECT_EQ(ToOtlpJson(resource, std::vector{span}),
            R"({"resourceSpans":[{"resource":{"attributes":[)"
            R"({"key":"service.name","value":{"stringValue":"layout"}},)"
            R"({"key":"service.version","value":{"stringValue":"1.2.3"}},)"
            R"({"key":"service.instance.id","value":{"stringValue":"instance"}},)"
            R"({"key":"host.name","value":{"stringValue":"host"}}]},)"
            R"("scopeSpans":[{"scope":{"name":"doclayout","version":"1.2.3"},"spans":[{)"
            R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",)"
            R"("parentSpanId":"0000000000000001","flags":769,"name":"decode","kind":2,)"
            R"("startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000000002500000",)"
            R"("attributes":[{"key":"a","value":{"stringValue":"text"}},{"key":"b","value":{"intValue":"-5"}},)"
            R"({"key":"c","value":{"doubleValue":0.5}},{"key":"d","value":{"boolValue":true}}],)"
            R"("status":{"code":2,"message":"it broke"}}]}]}]})");
}

TEST(OtlpJson, OfNoSpansIsWhole) {
  const auto request = nlohmann::json::parse(ToOtlpJson({}, {}));

  EXPECT_EQ(request["resourceSpans"][0]["scopeSpans"][0]["spans"], nlohmann::json::array());
}

TEST(OtlpJson, ReplacesBytesThatAreNoUtf8) {
  Span span = SomeSpan();
  span.name = "a\xff\"\n\xe2\x82";
  span.attributes = {{"k\xc0", "v\xfe"}};

  const auto json = SpanOf(ToOtlpJson({}, std::vector{span}));

  EXPECT_EQ(json["name"], "a\uFFFD\"\n\uFFFD");
  EXPECT_EQ(json["attributes"][0]["key"], "k\uFFFD");
  EXPECT_EQ(json["attributes"][0]["value"]["stringValue"], "v\uFFFD");
}

TEST(OtlpJson, CutsLongTextsBetweenCharacters) {
  Span span = SomeSpan();
  span.failed = true;
  span.message = std::string(kLongestText - 1, 'x') + "€ and more";
  span.name = std::string(kLongestText + 1, '\x80');  // nothing but middles of characters

  const auto json = SpanOf(ToOtlpJson({}, std::vector{span}));

  EXPECT_EQ(json["status"]["message"], std::string(kLongestText - 1, 'x'));
  EXPECT_EQ(json["name"], "");
}

TEST(OtlpJson, HasNamesForWhatJsonHasNoNumbersFor) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Span span = SomeSpan();
  span.attributes = {{"a", kInfinity}, {"b", -kInfinity}, {"c", std::numeric_limits<double>::quiet_NaN()}};

  const auto attributes = SpanOf(ToOtlpJson({}, std::vector{span}))["attributes"];

  EXPECT_EQ(attributes[0]["value"]["doubleValue"], "Infinity");
  EXPECT_EQ(attributes[1]["value"]["doubleValue"], "-Infinity");
  EXPECT_EQ(attributes[2]["value"]["doubleValue"], "NaN");
}

TEST(PartialSuccess, TellsWhatWasRejected) {
  const auto as_text = ReadPartialSuccess(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})");
  const auto as_number = ReadPartialSuccess(R"({"partialSuccess":{"rejectedSpans":4}})");

  EXPECT_EQ(as_text.rejected_spans, 3U);
  EXPECT_EQ(as_text.message, "too old");
  EXPECT_EQ(as_number.rejected_spans, 4U);
}

TEST(PartialSuccess, IsWholeSuccessWhereNothingIsSaid) {
  for (const char* body : {"", "{}", "[]", "no JSON", R"({"partialSuccess":{}})", R"({"partialSuccess":7})",
                           R"({"partialSuccess":{"rejectedSpans":"-1"}})",
                           R"({"partialSuccess":{"rejectedSpans":[],"errorMessage":{}}})"}) {
    EXPECT_EQ(ReadPartialSuccess(body).rejected_spans, 0U) << body;
    EXPECT_EQ(ReadPartialSuccess(body).message, "") << body;
  }
}

}  // namespace
}  // namespace doclayout::tracing
