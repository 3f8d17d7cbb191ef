#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/options.h"

namespace doclayout::config {
namespace {

constexpr double kDay = 24 * 3600;

/// The sentence that is wrong with a secret that goes into a header, or nothing. It is not repeated.
std::string IsSecret(const std::string& text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  return visible ? "" : "it has spaces or characters that are not ASCII";
}

void AddWebhooks(CLI::App& app, ProbeConfig& config) {
  SeveralFromEnvironment(
      app.add_option("--webhook", config.webhooks,
                     "URL that messages go to; may be given several times, in the environment with a space "
                     "between. It is a secret: better set there, which fewer can read")
          ->delimiter(' ')
          ->allow_extra_args(false)
          ->check(IsHttpUrl),
      "PROBE_WEBHOOK");
  FromEnvironment(app.add_option("--webhook-format", config.webhook_format, "of messages; auto: told from the host")
                      ->check(CLI::IsMember({"auto", "slack", "dingtalk"}))
                      ->capture_default_str(),
                  "PROBE_WEBHOOK_FORMAT");
  FromEnvironment(app.add_option("--webhook-repeat-s", config.webhook_repeat_s,
                                 "seconds between messages while it lasts; 0: it is not repeated")
                      ->check(CLI::Range(0.0, 365 * kDay))
                      ->capture_default_str(),
                  "PROBE_WEBHOOK_REPEAT_S");
  FromEnvironment(app.add_option("--dingtalk-secret", config.dingtalk_secret,
                                 "of a robot that wants messages signed; better set in the environment")
                      ->check(IsSecret),
                  "PROBE_DINGTALK_SECRET");
}

}  // namespace

void AddProbe(CLI::App& app, ProbeConfig& config) {
  const Numbers number{app};
  FromEnvironment(app.add_option("--url", config.url, "of the service")->check(IsHttpUrl)->capture_default_str(),
                  "PROBE_URL");
  FromEnvironment(
      app.add_option("--page", config.page, "image to have inferred; the service's golden page if not given")
          ->check(CLI::ExistingFile),
      "PROBE_PAGE");
  FromEnvironment(app.add_flag("--once", config.once,
                               "ask once and exit: 0 healthy or warning, 1 unhealthy, 2 it could not be asked"),
                  "PROBE_ONCE");
  number("--period-s", config.period_s, "seconds from one call to the next", 0.01, kDay, "PROBE_PERIOD_S");
  number("--timeout-s", config.timeout_s, "most seconds of one call", 0.01, 3600, "PROBE_TIMEOUT_S");
  number("--start-timeout-s", config.start_timeout_s, "seconds that the service may take to start", 0, kDay,
         "PROBE_START_TIMEOUT_S");
  number("--drain-timeout-s", config.drain_timeout_s,
         "seconds that the service may take to shut down; its closed port is no failure meanwhile", 0, kDay,
         "PROBE_DRAIN_TIMEOUT_S");
  number("--failures", config.failures, "verdicts in a row before a message, of an alarm or its end", 1, 1000,
         "PROBE_FAILURES");
  number("--metrics-port", config.metrics_port, "port of the probe's own metrics; 0: any free one; -1: none", -1,
         65'535, "PROBE_METRICS_PORT");
  FromEnvironment(
      app.add_option("--metrics-host", config.metrics_host, "address that they are served on")->capture_default_str(),
      "PROBE_METRICS_HOST");
  AddWebhooks(app, config);
  FromEnvironment(app.add_option("--api-key", config.api_key,
                                 "sent to the service; better set in the environment, which fewer can read")
                      ->check(IsSecret),
                  "PROBE_API_KEY");
  FromEnvironment(
      app.add_option("--name", config.name, "of the instance in messages and the log; the host's if not given"),
      "PROBE_NAME");
  FromEnvironment(app.add_option("--log-level", config.log_level, "least level that is logged")
                      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
                      ->capture_default_str(),
                  "LOG_LEVEL");
}

}  // namespace doclayout::config
