#pragma once

#include <cstddef>
#include <string_view>

namespace doclayout {

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
  const bool shown_;
};

}  // namespace doclayout
