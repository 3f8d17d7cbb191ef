#include "console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "terminal_text.h"

namespace doclayout {

Result<void> WriteToStandardOutput(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Fail(ErrorCode::kInternal, fmt::format("standard output cannot be written: {}", std::strerror(errno)));
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void Complain(std::string_view message) {
  // Not fmt::print, which throws when standard error cannot be written: there is nobody left to tell.
  std::fputs(fmt::format("doclayout: {}\n", Printable(message)).c_str(), stderr);
}

}  // namespace doclayout
