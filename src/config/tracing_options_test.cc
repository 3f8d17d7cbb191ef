#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "config/config.h"

namespace doclayout::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

std::optional<std::string> NoEnvironment(std::string_view) {
  return std::nullopt;
}

/// As an OpenTelemetry operator sets it.
std::optional<std::string> Environment(std::string_view name) {
  if (name == "OTEL_EXPORTER_OTLP_ENDPOINT") return "http://collector:4318";
  if (name == "OTEL_EXPORTER_OTLP_HEADERS") return "api-key=secret,tenant=a%20b";
  if (name == "OTEL_EXPORTER_OTLP_PROTOCOL") return "http/protobuf";
  if (name == "OTEL_EXPORTER_OTLP_TIMEOUT") return "3000";
  if (name == "OTEL_SERVICE_NAME") return "layout";
  if (name == "OTEL_TRACES_SAMPLER_ARG") return "0.25";
  return std::nullopt;
}

Command Parse(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  words.insert(words.begin(), {"doclayout", "serve"});
  return ParseCommand(words, environment, "doclayout 1.2.3");
}

TracingConfig Tracing(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  return std::get<ServeConfig>(Parse(std::move(words), environment)).tracing;
}

std::string Mistake(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  const auto exit = std::get<ExitNow>(Parse(std::move(words), environment));
  EXPECT_EQ(exit.exit_code, 2);
  return exit.text;
}

TEST(TracingOptions, NothingIsSentUnlessAskedFor) {
  EXPECT_EQ(TracesUrl(Tracing({})), "");
}

TEST(TracingOptions, AreReadFromTheEnvironmentByTheirUsualNames) {
  const TracingConfig tracing = Tracing({}, Environment);

  EXPECT_EQ(TracesUrl(tracing), "http://collector:4318/v1/traces");
  EXPECT_THAT(tracing.headers, ElementsAre(Pair("api-key", "secret"), Pair("tenant", "a b")));
  EXPECT_EQ(tracing.timeout_ms, 3000);
  EXPECT_EQ(tracing.service_name, "layout");
  EXPECT_EQ(tracing.ratio, 0.25);
}

TEST(TracingOptions, AnEndpointIsTakenAsItIsAndWinsOverABase) {
  EXPECT_EQ(TracesUrl(Tracing({"--otlp-endpoint=https://host/path"}, Environment)), "https://host/path");
}

TEST(TracingOptions, ABaseGetsThePathOfTraces) {
  EXPECT_EQ(TracesUrl(Tracing({"--otlp-base-endpoint=http://h:4318/"})), "http://h:4318/v1/traces");
  EXPECT_EQ(TracesUrl(Tracing({"--otlp-base-endpoint=http://h/otlp"})), "http://h/otlp/v1/traces");
}

TEST(TracingOptions, TakeOnlyUrlsOfHttpAndRepeatNone) {
  for (const char* word : {"--otlp-endpoint=secret:4318", "--otlp-endpoint=ftp://secret/", "--otlp-endpoint=http://",
                           "--otlp-base-endpoint=http:///secret", "--otlp-endpoint=http://secret host/"}) {
    EXPECT_THAT(Mistake({word}), AllOf(HasSubstr("not a URL of http"), Not(HasSubstr("secret")))) << word;
  }
}

TEST(TracingOptions, ReadHeadersAsBaggage) {
  EXPECT_THAT(Tracing({"--otlp-headers", " a = b%2Cc%3D , d=,, e=f=g ,"}).headers,
              ElementsAre(Pair("a", "b,c="), Pair("d", ""), Pair("e", "f=g")));
}

TEST(TracingOptions, TakeHeadersFromAFileToo) {
  const std::string path = testing::TempDir() + "/tracing.toml";
  std::ofstream(path) << "[serve]\notlp-headers = \"a=b,c=d\"\ntrace-ratio = 0.5\n";
  const std::string config = "--config=" + path;

  const TracingConfig tracing = Tracing({config.c_str()});

  EXPECT_THAT(tracing.headers, ElementsAre(Pair("a", "b"), Pair("c", "d")));
  EXPECT_EQ(tracing.ratio, 0.5);
}

TEST(TracingOptions, RefuseHeadersThatAreNoneAndRepeatNothing) {
  for (const char* headers :
       {"secret", "=secret", "a b=secret", "a=secret%0d%0aHost: x", "a=secret%2", "a=secret%zz", "a:b=secret"}) {
    EXPECT_THAT(Mistake({"--otlp-headers", headers}), AllOf(HasSubstr("--otlp-headers"), Not(HasSubstr("secret"))))
        << headers;
  }
}

TEST(TracingOptions, RefuseAnEndpointThatSpeaksAnotherProtocol) {
  EXPECT_THAT(Mistake({"--otlp-endpoint=http://h:4317", "--otlp-protocol=grpc"}), HasSubstr("http/json only"));
  EXPECT_THAT(Mistake({"--otlp-protocol=http"}), HasSubstr("--otlp-protocol"));
  EXPECT_EQ(Tracing({"--otlp-protocol=grpc"}).protocol, "grpc");  // nothing is sent
  EXPECT_EQ(TracesUrl(Tracing({"--otlp-endpoint=http://h", "--otlp-protocol=http/protobuf"})), "http://h");
}

TEST(TracingOptions, RefuseWhatIsOutOfRange) {
  EXPECT_THAT(Mistake({"--trace-ratio=1.5"}), HasSubstr("--trace-ratio"));
  EXPECT_THAT(Mistake({"--otlp-timeout-ms=0"}), HasSubstr("--otlp-timeout-ms"));
  EXPECT_THAT(Mistake({"--trace-queue=0"}), HasSubstr("--trace-queue"));
  EXPECT_THAT(Mistake({"--otlp-endpoint=http://h", "--trace-queue=5", "--trace-batch=6"}), HasSubstr("--trace-batch"));
}

}  // namespace
}  // namespace doclayout::config
