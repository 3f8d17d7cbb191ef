#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

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

Progress::Progress(std::size_t files) : files_(files), shown_(files > 1 && isatty(STDERR_FILENO) == 1) {}

void Progress::Show(std::size_t done, std::string_view current) const {
  if (!shown_) return;
  const std::string line = fmt::format("[{}/{}] {}", done, files_, Printable(current));
  // The last column stays free: some terminals wrap as soon as it is written.
  std::fputs(("\r\033[K" + CutToColumns(line, TerminalColumns() - 1)).c_str(), stderr);
}

void Progress::Clear() const {
  if (shown_) std::fputs("\r\033[K", stderr);
}

}  // namespace doclayout
