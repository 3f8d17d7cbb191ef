#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "base/line_writer.h"
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

class LogFile;

/// Writes one JSON object a line to a descriptor: `{"time": …, "level": …, "event": …, …}`, and, where there is one, to
/// a file too.
///
/// Thread-safe; a line is written whole, on a thread of the logger's own, and of another one for the file: neither
/// holds up the other. Passed by reference to whoever logs: there is no global logger. Lines that find no room are
/// dropped and counted (see LineWriter); the event `log_lines_dropped` says so. That the file refuses lines, and takes
/// them again, is said where the others are: `log_file_failed`, `log_file_recovered`.
class Logger {
 public:
  struct Options {
    std::size_t capacity = LineWriter::Options{}.capacity;         ///< bytes of lines that wait to be written
    Duration flush_timeout = LineWriter::Options{}.flush_timeout;  ///< how long the end waits for them
    std::shared_ptr<LogFile> file;                                 ///< null: there is none
  };

  /// `descriptor` as for LineWriter; with `kOff` it is not used and no thread is started. Throws std::system_error
  /// where there is no thread or descriptor to be had.
  Logger(LogLevel level, int descriptor) : Logger(level, descriptor, Options()) {}
  Logger(LogLevel level, int descriptor, Options options);

  bool Enabled(LogLevel level) const { return level >= level_; }

  /// `event` is a short, stable name ("listening"); what varies goes into `fields`. Never blocks.
  void Write(LogLevel level, std::string_view event, std::span<const LogField> fields);
  void Write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) {
    Write(level, event, std::span(fields.begin(), fields.size()));
  }

  std::uint64_t dropped_lines() const { return writer_ ? writer_->dropped() : 0; }
  std::uint64_t dropped_file_lines() const { return file_writer_ ? file_writer_->dropped() : 0; }
  std::uint64_t file_rotations() const;

 private:
  const LogLevel level_;
  const std::shared_ptr<LogFile> file_;
  const std::shared_ptr<LineWriter> writer_;
  const std::unique_ptr<LineWriter> file_writer_;  // ends first: it says through the other one what went wrong
};

}  // namespace doclayout
