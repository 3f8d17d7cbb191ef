#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace doclayout::http {

/// The name that a part's Content-Disposition gives to its field: `form-data; name="file"; filename="my page.png"`.
///
/// Only the name is needed, so only the name is judged. File names come in every form that clients ever thought of (raw
/// UTF-8, unquoted with spaces, quotes and backslashes as they are): what cannot be read of the other parameters is
/// skipped. `kBadRequest`, in words for "the multipart body is malformed: …", for another disposition and for no name,
/// a broken one or two. Thread-safe, linear.
Result<std::string> FormFieldName(std::string_view disposition);

}  // namespace doclayout::http
