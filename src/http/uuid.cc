#include "http/uuid.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <chrono>

namespace doclayout::http {

std::string FormatUuidV7(std::uint64_t unix_milliseconds, const std::array<std::uint8_t, 10>& random) {
  const auto version = static_cast<std::uint8_t>(0x70 | (random[0] & 0x0f));
  const auto variant = static_cast<std::uint8_t>(0x80 | (random[2] & 0x3f));
  return fmt::format("{:08x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
                     unix_milliseconds >> 16 & 0xffff'ffff, unix_milliseconds & 0xffff, version, random[1], variant,
                     random[3], random[4], random[5], random[6], random[7], random[8], random[9]);
}

std::string MakeUuidV7() {
  std::array<std::uint8_t, 10> random{};
  // Up to 256 bytes come whole, and only before the kernel is seeded at boot does it block. An id of zeros would still
  // do.
  [[maybe_unused]] const ssize_t got = getrandom(random.data(), random.size(), 0);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return FormatUuidV7(static_cast<std::uint64_t>(milliseconds), random);
}

}  // namespace doclayout::http
