#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace doclayout {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      return "off";
  }
  return "off";
}

std::string UtcNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds % 1000);
}

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (name == LevelName(level)) return level;
  }
  return Fail(ErrorCode::kBadParameter,
              fmt::format("log level '{}' is not one of debug, info, warning, error, off", name));
}

struct Logger::Sink {
  explicit Sink(Stream stream)
      : logger("doclayout", stream == Stream::kStdout
                                ? spdlog::sink_ptr(std::make_shared<spdlog::sinks::stdout_sink_mt>())
                                : spdlog::sink_ptr(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }

  spdlog::logger logger;
};

Logger::Logger(LogLevel level, Stream stream) : level_(level), sink_(std::make_unique<Sink>(stream)) {}

Logger::~Logger() = default;

void Logger::Write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!Enabled(level) || level == LogLevel::kOff) return;
  nlohmann::ordered_json line;
  line["time"] = UtcNow();
  line["level"] = LevelName(level);
  line["event"] = event;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  // Untrusted bytes (a path, a header) may not be UTF-8: they are replaced, never thrown at the caller.
  sink_->logger.info(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Logger::Flush() {
  sink_->logger.flush();
}

}  // namespace doclayout
