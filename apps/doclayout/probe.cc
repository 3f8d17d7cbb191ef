#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "client/http_client.h"
#include "commands.h"
#include "console.h"
#include "health/health.h"
#include "host_name.h"
#include "http/metrics_server.h"
#include "input_file.h"
#include "metrics/registry.h"
#include "probe/alarm.h"
#include "probe/delivery.h"
#include "probe/message.h"
#include "probe/probe_metrics.h"
#include "probe/prober.h"
#include "probe/service.h"
#include "probe/webhook.h"
#include "process_metrics.h"
#include "stop_request.h"

namespace doclayout {
namespace {

/// It is sent each time, and kept as base64: a page for a probe is a small one.
constexpr std::uintmax_t kLargestPage = std::uintmax_t{1} << 20;

template <typename Unit = Duration>
Unit Seconds(double seconds) {
  return std::chrono::duration_cast<Unit>(std::chrono::duration<double>(seconds));
}

/// The page's bytes; none where none is asked for.
Result<std::string> ReadPage(const std::string& path) {
  if (path.empty()) return std::string();
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size == 0 || size > kLargestPage) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("--page {}: allowed is a file of 1 to {} bytes", path, kLargestPage));
  }
  const auto bytes = ReadInputFile(path);
  if (!bytes) return Fail(bytes.error());
  return std::string(bytes->begin(), bytes->end());
}

Result<std::unique_ptr<probe::Service>> MakeService(const config::ProbeConfig& config, const Clock& clock) {
  auto page = ReadPage(config.page);
  if (!page) return Fail(std::move(page.error()));
  return probe::Service::Create({.url = config.url,
                                 .page = std::move(*page),
                                 .api_key = config.api_key,
                                 .timeout = Seconds<std::chrono::milliseconds>(config.timeout_s)},
                                clock);
}

using Webhooks = std::vector<std::unique_ptr<probe::Webhook>>;

Result<Webhooks> StartWebhooks(const config::ProbeConfig& config, const probe::ProbeMetrics& metrics, Logger& logger) {
  Webhooks webhooks;
  if (config.once) return webhooks;  // whoever asked sees the exit code
  for (const std::string& url : config.webhooks) {
    const probe::WebhookFormat format = probe::FormatOf(config.webhook_format, url);
    auto webhook = probe::Webhook::Start(
        {.url = url,
         .format = format,
         .secret = format == probe::WebhookFormat::kDingTalk ? config.dingtalk_secret : std::string()},
        metrics.webhooks, logger);
    if (!webhook) return Fail(std::move(webhook.error()));
    webhooks.push_back(std::move(*webhook));
  }
  return webhooks;
}

probe::Instance InstanceOf(const config::ProbeConfig& config) {
  std::string url = client::PrintableUrl(config.url);
  while (url.ends_with('/')) url.pop_back();
  return {.name = config.name.empty() ? HostName() : config.name, .url = std::move(url)};
}

probe::Prober::Options ProberOptions(const config::ProbeConfig& config) {
  return {.period = Seconds(config.period_s),
          .timeout = Seconds(config.timeout_s),
          .start_timeout = Seconds(config.start_timeout_s),
          .drain_timeout = Seconds(config.drain_timeout_s)};
}

/// What the verdict means to who only sees the exit code. One that drains does what it was told to: a restart is no
/// cure for that.
ExitCode CodeOf(probe::Verdict verdict) {
  if (probe::IsGood(verdict) || verdict == probe::Verdict::kDraining) return kExitGood;
  return verdict == probe::Verdict::kUnhealthy ? kExitSomeFailed : kExitUsage;
}

/// Null where none are asked for.
Result<std::unique_ptr<http::MetricsServer>> ServeMetrics(const config::ProbeConfig& config,
                                                          const probe::Prober& prober, metrics::Registry& registry,
                                                          Logger& logger, const Clock& clock) {
  if (config.metrics_port < 0) return nullptr;
  return http::MetricsServer::Listen(
      {.host = config.metrics_host, .port = config.metrics_port},
      {.registry = registry, .health = [&prober] { return prober.Health(); }, .logger = logger, .clock = clock});
}

/// Of what keeps it from asking anything.
int Complained(const Error& error) {
  Complain(error.message);
  return kExitUsage;
}

int ProbeOnce(probe::Prober& prober, StopRequest& stop) {
  stop.OnAsked([&prober] { prober.Stop(); });
  const std::optional<probe::Outcome> outcome = prober.RunOnce();
  stop.OnAsked(nullptr);
  // Broken off: nobody knows how the service is.
  if (!outcome) return kExitUsage;
  if (const auto written = WriteToStandardOutput(ToJson(*outcome)); !written) Complain(written.error().message);
  return CodeOf(outcome->verdict);
}

void LogProbing(const config::ProbeConfig& config, const probe::Instance& instance, int port, Logger& logger) {
  logger.Write(LogLevel::kInfo, "probing",
               {{"instance", instance.name},
                {"url", instance.url},
                {"page", config.page.empty() ? "golden" : config.page},
                {"period_s", config.period_s},
                {"metrics_port", static_cast<long long>(port)},
                {"webhooks", static_cast<long long>(config.webhooks.size())},
                {"version", Version()}});
}

}  // namespace

int RunProbe(const config::ProbeConfig& config) {
  StopRequest stop;
  const SteadyClock clock;
  // Standard output is for the report of --once.
  Logger logger(ParseLogLevel(config.log_level).value_or(LogLevel::kInfo), config.once ? STDERR_FILENO : STDOUT_FILENO);
  metrics::Registry registry;
  probe::ProbeMetrics metrics(registry);
  AddProcessMetrics(registry);
  AddLogMetrics(registry, logger);
  const auto service = MakeService(config, clock);
  if (!service) return Complained(service.error());
  const auto webhooks = StartWebhooks(config, metrics, logger);
  if (!webhooks) return Complained(webhooks.error());
  const probe::Instance instance = InstanceOf(config);
  probe::Alarm alarm({.failures = config.failures, .repeat = Seconds(config.webhook_repeat_s)});
  const auto notify = [&webhooks, &instance](const probe::Notice& notice) {
    const probe::Message message = Describe(notice, instance, std::chrono::system_clock::now());
    for (const auto& webhook : *webhooks) webhook->Send(message);
  };
  probe::Prober prober(
      ProberOptions(config),
      {.service = **service, .metrics = metrics, .alarm = alarm, .notify = notify, .logger = logger, .clock = clock});
  if (config.once) return ProbeOnce(prober, stop);

  const auto server = ServeMetrics(config, prober, registry, logger, clock);
  if (!server) {
    Complain(server.error().message);
    return kExitSomeFailed;
  }
  LogProbing(config, instance, *server ? (*server)->port() : -1, logger);
  stop.OnAsked([&prober] { prober.Stop(); });
  prober.Run();
  stop.OnAsked(nullptr);
  logger.Write(LogLevel::kInfo, "stopped", {{"signal", stop.Wait().signal}});
  return kExitGood;
}

}  // namespace doclayout
