#pragma once

#include <string>

#include "base/result.h"

namespace doclayout::http {

/// Replaces base64 text by the bytes that it stands for, in the same memory.
///
/// Strict (RFC 4648, 3.2 to 3.5): the standard alphabet, no spaces or line breaks, padded to a multiple of four, unused
/// bits zero. Anything else is `kBadRequest` with the place of the first wrong character, and `text` is then
/// unspecified. Thread-safe; takes about a millisecond a megabyte: not for an I/O thread.
Result<void> DecodeBase64(std::string& text);

}  // namespace doclayout::http
