#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::http {

/// One field of a form. `content` points into the parsed body and is valid as long as that.
struct Part {
  std::string name;
  std::string_view content;
};

struct MultipartLimits {
  std::size_t max_parts = 16;
  std::size_t max_header_bytes = 8 * 1024;  ///< of one part, its lines and their ends together
};

/// The fields of a `multipart/form-data` body (RFC 7578 and 2046), in their order.
///
/// What is before the first boundary and behind the final one is ignored, as RFC 2046 says, and so are file names,
/// whatever they look like. All else is strict: the final boundary is there, lines end with CRLF, each part has one
/// Content-Disposition with a name, none is encoded for transport. `kBadRequest` for anything else. Copies no content;
/// one pass. Thread-safe; takes about a millisecond for tens of megabytes: not for an I/O thread.
Result<std::vector<Part>> ParseMultipart(std::string_view body, std::string_view boundary,
                                         const MultipartLimits& limits);

/// The content of the one field, which must be `file`. `kBadRequest` for none, two, or another field, which is named.
Result<std::string_view> SelectFile(const std::vector<Part>& parts);

/// RFC 2046, 5.1.1: 1 to 70 characters of a small set, not ending in a space.
bool IsBoundary(std::string_view text);

}  // namespace doclayout::http
