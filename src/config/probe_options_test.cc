#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "config/config.h"

namespace doclayout::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::optional<std::string> NoEnvironment(std::string_view) {
  return std::nullopt;
}

/// As a pod sets it.
std::optional<std::string> Environment(std::string_view name) {
  if (name == "PROBE_URL") return "http://localhost:9000";
  if (name == "PROBE_PERIOD_S") return "12.5";
  if (name == "PROBE_ONCE") return "true";
  if (name == "PROBE_METRICS_PORT") return "-1";
  if (name == "PROBE_WEBHOOK") return "https://one/secret https://two/secret";
  if (name == "PROBE_DINGTALK_SECRET") return "SEC1";
  if (name == "PROBE_API_KEY") return "key";
  if (name == "PROBE_NAME") return "pod 7";
  if (name == "LOG_LEVEL") return "debug";
  return std::nullopt;
}

Command Parse(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  words.insert(words.begin(), {"doclayout", "probe"});
  return ParseCommand(words, environment, "doclayout 1.2.3");
}

ProbeConfig Probe(std::vector<const char*> words, ReadEnvironment environment = NoEnvironment) {
  return std::get<ProbeConfig>(Parse(std::move(words), environment));
}

std::string Mistake(std::vector<const char*> words) {
  const auto exit = std::get<ExitNow>(Parse(std::move(words)));
  EXPECT_EQ(exit.exit_code, 2);
  return exit.text;
}

TEST(ProbeOptions, DefaultsAreThoseOfTheDocs) {
  const ProbeConfig probe = Probe({});

  EXPECT_EQ(probe.url, "http://127.0.0.1:8000");
  EXPECT_EQ(probe.period_s, 30);
  EXPECT_EQ(probe.timeout_s, 30);
  EXPECT_EQ(probe.start_timeout_s, 600);
  EXPECT_EQ(probe.drain_timeout_s, 120);
  EXPECT_EQ(probe.metrics_port, 9105);
  EXPECT_EQ(probe.failures, 2);
  EXPECT_EQ(probe.webhook_repeat_s, 3600);
  EXPECT_FALSE(probe.once);
  EXPECT_THAT(probe.webhooks, IsEmpty());
}

TEST(ProbeOptions, AreReadFromTheEnvironment) {
  const ProbeConfig probe = Probe({}, Environment);

  EXPECT_EQ(probe.url, "http://localhost:9000");
  EXPECT_EQ(probe.period_s, 12.5);
  EXPECT_TRUE(probe.once);
  EXPECT_EQ(probe.metrics_port, -1);
  EXPECT_THAT(probe.webhooks, ElementsAre("https://one/secret", "https://two/secret"));
  EXPECT_EQ(probe.dingtalk_secret, "SEC1");
  EXPECT_EQ(probe.api_key, "key");
  EXPECT_EQ(probe.name, "pod 7");
  EXPECT_EQ(probe.log_level, "debug");
}

TEST(ProbeOptions, TypedWebhooksStandAlone) {
  EXPECT_THAT(Probe({"--webhook", "http://a/", "--webhook=http://b/"}).webhooks, ElementsAre("http://a/", "http://b/"));
  EXPECT_THAT(Probe({"--webhook", "http://a/"}, Environment).webhooks, ElementsAre("http://a/"));
  EXPECT_THAT(Probe({"--webhook=http://a/"}, Environment).webhooks, ElementsAre("http://a/"));
}

TEST(ProbeOptions, AreReadFromAFileBehindTheEnvironment) {
  const std::string path = testing::TempDir() + "/probe.toml";
  std::ofstream(path) << "[probe]\nname = \"file\"\nfailures = 3\nmetrics-port = -1\n"
                      << "webhook = [\"http://a/\", \"http://b/\"]\n";
  const std::string config = "--config=" + path;

  const ProbeConfig from_file = Probe({config.c_str()});
  const ProbeConfig from_both = Probe({config.c_str()}, Environment);

  EXPECT_THAT(from_file.webhooks, ElementsAre("http://a/", "http://b/"));
  EXPECT_EQ(from_file.name, "file");
  EXPECT_EQ(from_file.metrics_port, -1);
  EXPECT_THAT(from_both.webhooks, ElementsAre("https://one/secret", "https://two/secret"));
  EXPECT_EQ(from_both.name, "pod 7");
  EXPECT_EQ(from_both.failures, 3);
}

TEST(ProbeOptions, MistakesAreToldAndSecretsAreNot) {
  EXPECT_THAT(Mistake({"--webhook", "hooks.example/secret"}),
              AllOf(HasSubstr("--webhook"), HasSubstr("not a URL of http"), Not(HasSubstr("secret"))));
  EXPECT_THAT(Mistake({"--api-key", "secret key"}), AllOf(HasSubstr("--api-key"), Not(HasSubstr("secret"))));
  EXPECT_THAT(Mistake({"--dingtalk-secret", "hush\n"}), AllOf(HasSubstr("--dingtalk-secret"), Not(HasSubstr("hush"))));
  EXPECT_THAT(Mistake({"--url", "localhost:8000"}), HasSubstr("--url"));
  EXPECT_THAT(Mistake({"--period-s", "0"}), HasSubstr("--period-s"));
  EXPECT_THAT(Mistake({"--failures", "0"}), HasSubstr("--failures"));
  EXPECT_THAT(Mistake({"--metrics-port", "-2"}), HasSubstr("--metrics-port"));
  EXPECT_THAT(Mistake({"--page", "/nowhere/page.png"}), HasSubstr("/nowhere/page.png"));
}

}  // namespace
}  // namespace doclayout::config
