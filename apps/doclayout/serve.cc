#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_file.h"
#include "client_setup.h"
#include "commands.h"
#include "console.h"
#include "last_resort.h"
#include "metrics/registry.h"
#include "process_metrics.h"
#include "service.h"
#include "stop_request.h"
#include "tracing_setup.h"

namespace doclayout {
namespace {

/// How a service ended.
struct End {
  ExitCode code = kExitGood;
  bool clean = true;  ///< no thread is left that still uses what the normal end of a process takes down
};

/// Null where no file is wanted.
Result<std::shared_ptr<LogFile>> OpenLogFile(const config::LogFileConfig& config) {
  if (config.folder.empty()) return nullptr;
  auto file = LogFile::Open({.folder = config.folder, .most_bytes = config.most_bytes, .files = config.files});
  if (!file) return Fail(file.error().code, fmt::format("--log-dir: {}", file.error().message));
  return file;
}

End Serve(const config::ServeConfig& config, LastResort& last_resort) {
  StopRequest stop;
  const SteadyClock clock;
  Result<std::shared_ptr<LogFile>> log_file = OpenLogFile(config.log_file);
  if (!log_file) {
    Complain(log_file.error().message);
    return {kExitUsage};
  }
  Logger logger(ParseLogLevel(config.log_level).value_or(LogLevel::kInfo), STDOUT_FILENO,
                {.file = std::move(*log_file)});
  metrics::Registry registry;
  // Before the model, which takes its time: who has mistyped something knows at once.
  const Result<ClientSetup> clients = SetUpClients(config.clients, logger, registry);
  if (!clients) {
    Complain(clients.error().message);
    return {kExitUsage};
  }
  const auto spans = StartTracing(config.tracing, {registry, logger, clock});
  if (!spans) {
    Complain(spans.error().message);
    return {kExitUsage};
  }
  registry.AddInfo("pp_doclayout_build_info", "What is running; always 1.",
                   {{"version", Version()}, {"commit", Commit()}});
  AddProcessMetrics(registry);
  AddLogMetrics(registry, logger);
  AddLogFileMetrics(registry, logger);
  Service service({.config = config,
                   .clients = *clients,
                   .spans = spans->get(),
                   .stop = stop,
                   .clock = clock,
                   .logger = logger,
                   .registry = registry});
  if (const Result<void> listens = service.Listen(); !listens) {
    Complain(listens.error().message);
    return {kExitSomeFailed};
  }
  const Result<Service::Loaded> loaded = service.Load();
  if (!loaded) {
    Complain(loaded.error().message);
    return {kExitModel};
  }
  const Service::Ending ending = service.Run(*loaded, last_resort);
  if (*spans) (*spans)->LimitFlush(ending.time_to_flush);
  return {.code = ending.code, .clean = ending.clean};
}

}  // namespace

int RunServe(const config::ServeConfig& config) {
  LastResort last_resort;
  const End end = Serve(config, last_resort);
  if (!end.clean) std::_Exit(end.code);
  return end.code;
}

}  // namespace doclayout
