#include "base/log.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "base/log_file.h"

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

LineWriter::Options WriterOptions(const Logger::Options& options) {
  return {.capacity = options.capacity, .flush_timeout = options.flush_timeout, .dropped_notice = DroppedNotice};
}

std::shared_ptr<LineWriter> MakeWriter(LogLevel level, int descriptor, const Logger::Options& options) {
  if (level == LogLevel::kOff) return nullptr;
  return std::make_shared<LineWriter>(descriptor, WriterOptions(options));
}

/// What becomes of the file is said to `other`. Not held: a file that hangs leaves its thread behind.
std::unique_ptr<LineWriter> MakeFileWriter(Logger::Options options, const std::weak_ptr<LineWriter>& other) {
  if (!options.file || other.expired()) return nullptr;
  LineWriter::Options writer_options = WriterOptions(options);
  const auto say = [other](LogLevel level, std::string_view event, const LogField& field) {
    if (const auto writer = other.lock()) writer->Write(Line(level, event, std::span(&field, 1)));
  };
  writer_options.on_refused = [say](int error) {
    const std::string reason = std::generic_category().message(error);
    say(LogLevel::kError, "log_file_failed", {"reason", reason});
  };
  writer_options.on_recovered = [say](std::uint64_t dropped) {
    say(LogLevel::kWarning, "log_file_recovered", {"lost", static_cast<long long>(dropped)});
  };
  return std::make_unique<LineWriter>(std::move(options.file), std::move(writer_options));
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
    : level_(level),
      file_(options.file),
      writer_(MakeWriter(level, descriptor, options)),
      file_writer_(MakeFileWriter(std::move(options), writer_)) {}

void Logger::Write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  if (!Enabled(level) || level == LogLevel::kOff) return;
  const std::string line = Line(level, event, fields);
  writer_->Write(line);
  if (file_writer_) file_writer_->Write(line);
}

std::uint64_t Logger::file_rotations() const {
  return file_ ? file_->rotations() : 0;
}

}  // namespace doclayout
