#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "terminal_text.h"

namespace doclayout {
namespace {

/// Asked each time: windows are resized.
int TerminalColumns() {
  constexpr int kUsual = 80;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsual;
}

}  // namespace

StatusLine::StatusLine() : shown_(isatty(STDERR_FILENO) == 1) {}

void StatusLine::Show(std::string_view text) const {
  if (!shown_) return;
  // The last column stays free: some terminals wrap as soon as it is written.
  std::fputs(("\r\033[K" + CutToColumns(Printable(text), TerminalColumns() - 1)).c_str(), stderr);
}

void StatusLine::Clear() const {
  if (shown_) std::fputs("\r\033[K", stderr);
}

Progress::Progress(std::size_t files) : files_(files) {}

void Progress::Show(std::size_t done, std::string_view current) const {
  if (files_ > 1) line_.Show(fmt::format("[{}/{}] {}", done, files_, current));
}

void Progress::Clear() const {
  if (files_ > 1) line_.Clear();
}

TransferProgress::TransferProgress(std::string name) : name_(std::move(name)) {}

void TransferProgress::Show(std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!line_.shown() || (now < next_ && done != total)) return;
  next_ = now + std::chrono::milliseconds(100);
  std::string text = fmt::format("{} {}", name_, MebibytesText(done));
  if (total > 0) {
    constexpr std::uint64_t kCells = 24;
    const auto cells = static_cast<std::size_t>(kCells * std::min(done, total) / total);
    text = fmt::format("{} [{}{}] {:3} %, {} of {}", name_, std::string(cells, '#'), std::string(kCells - cells, ' '),
                       100 * std::min(done, total) / total, MebibytesText(done), MebibytesText(total));
  }
  line_.Show(text);
}

std::string MebibytesText(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace doclayout
