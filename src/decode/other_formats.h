#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace doclayout::decode {

/// The name of a format that is not read but that people send, told from the first bytes: "a PPM image",
/// "a JPEG 2000 image", "text"; empty for none of them. For messages only. Thread-safe, never fails.
std::string_view NameOtherFormat(std::span<const std::uint8_t> bytes);

}  // namespace doclayout::decode
