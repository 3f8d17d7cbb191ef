#include "base/log.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

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

std::string Line(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  nlohmann::ordered_json line;
  line["time"] = UtcNow();
  line["level"] = LevelName(level);
  line["event"] = event;
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  // Untrusted bytes (a path, a header) may not be UTF-8: they are replaced, never thrown at the caller.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string DroppedNotice(std::uint64_t count) {
  const LogField field = {"count", static_cast<long long>(count)};
  return Line(LogLevel::kWarning, "log_lines_dropped", std::span(&field, 1));
}

std::unique_ptr<LineWriter> MakeWriter(LogLevel level, int descriptor, const Logger::Options& options) {
  if (level == LogLevel::kOff) return nullptr;
  return std::make_unique<LineWriter>(descriptor, LineWriter::Options{.capacity = options.capacity,
                                                                      .flush_timeout = options.flush_timeout,
                                                                      .dropped_notice = DroppedNotice});
}

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (name == LevelName(level)) return level;
  }
  return Fail(ErrorCode::kBadParameter,
              fmt::format("log level '{}' is not one of debug, info, warning, error, off", name));
}

Logger::Logger(LogLevel level, int descriptor, Options options)
    : level_(level), writer_(MakeWriter(level, descriptor, options)) {}

void Logger::Write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  if (!Enabled(level) || level == LogLevel::kOff) return;
  writer_->Write(Line(level, event, fields));
}

}  // namespace doclayout
