#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace doclayout {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

/// "debug", "info", "warning", "error" or "off"; anything else is `kBadParameter`.
Result<LogLevel> ParseLogLevel(std::string_view name);

/// One `"key": value` of a log line.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, long long, double, bool> value;
};

/// Writes one JSON object a line to standard output or standard error: `{"time": …, "level": …, "event": …, …}`.
///
/// Thread-safe; a line is written whole. Blocks as long as the stream does. Passed by reference to whoever logs: there
/// is no global logger.
class Logger {
 public:
  enum class Stream { kStdout, kStderr };

  Logger(LogLevel level, Stream stream);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool Enabled(LogLevel level) const { return level >= level_; }

  /// `event` is a short, stable name ("listening"); what varies goes into `fields`.
  void Write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

  void Flush();

 private:
  struct Sink;

  const LogLevel level_;
  const std::unique_ptr<Sink> sink_;
};

}  // namespace doclayout
