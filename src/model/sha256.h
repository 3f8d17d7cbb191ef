#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace doclayout::model {

/// SHA-256 as 64 lower-case hexadecimal digits. Thread-safe.
std::string Sha256(std::span<const std::uint8_t> bytes);

}  // namespace doclayout::model
