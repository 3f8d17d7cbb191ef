#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace doclayout {

/// One line of standard error that says how things stand, rewritten in place and cut to the terminal's width; nothing
/// unless standard error is a terminal. Not thread-safe.
class StatusLine {
 public:
  StatusLine();

  /// False: nothing is ever written.
  bool shown() const { return shown_; }

  /// `text` may hold anything that a file's name can.
  void Show(std::string_view text) const;

  /// Before anything else is written to the terminal.
  void Clear() const;

 private:
  const bool shown_;
};

/// The count of files that are done on one line of standard error, rewritten in place and cut to the terminal's width;
/// nothing unless standard error is a terminal and there are several files. Not thread-safe.
class Progress {
 public:
  explicit Progress(std::size_t files);

  /// `current` is what is waited for; it may hold anything that a file's name can.
  void Show(std::size_t done, std::string_view current) const;

  /// Before anything else is written to the terminal.
  void Clear() const;

 private:
  const std::size_t files_;
  const StatusLine line_;
};

/// How far a transfer is, on one line of standard error; nothing unless that is a terminal. Not thread-safe.
class TransferProgress {
 public:
  explicit TransferProgress(std::string name);

  /// Bytes; `total` 0: not known. Writes ten times a second at most, whatever it is called.
  void Show(std::uint64_t done, std::uint64_t total);

  /// Before anything else is written to the terminal.
  void Clear() const { line_.Clear(); }

 private:
  const std::string name_;
  const StatusLine line_;
  std::chrono::steady_clock::time_point next_;
};

/// "7.1 MiB".
std::string MebibytesText(std::uint64_t bytes);

}  // namespace doclayout
