#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace doclayout::http {

/// A UUID of version 7 (RFC 9562, 5.7) as text: 48 bits of Unix time in milliseconds, then random bits, so that ids
/// sort by age. Thread-safe.
std::string FormatUuidV7(std::uint64_t unix_milliseconds, const std::array<std::uint8_t, 10>& random);

/// A new one from the wall clock and the kernel's random numbers. Thread-safe, takes about a microsecond.
std::string MakeUuidV7();

}  // namespace doclayout::http
