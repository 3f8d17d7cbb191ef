#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace doclayout::http {

/// The text of `image` in `{"image": "<base64>"}`, still encoded.
///
/// Reads event by event and stops at the first surprise: another key, a key twice, a value that is not a string, a
/// second level. A body nested 100,000 deep thus costs two bytes of attention. `kBadRequest` for all of them.
/// Thread-safe; takes milliseconds a megabyte: not for an I/O thread.
Result<std::string> ParseJsonBody(std::string_view body);

}  // namespace doclayout::http
