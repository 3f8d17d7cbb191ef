#pragma once

#include <string_view>

#include "base/result.h"

namespace doclayout {

/// Writes all of it, unbuffered; blocks while a pipe is full. `kInternal` with the reason: no reader (SIGPIPE has to be
/// ignored), no space, closed.
Result<void> WriteToStandardOutput(std::string_view bytes);

/// "doclayout: …" and a line's end on standard error; what a terminal must not see is escaped.
void Complain(std::string_view message);

}  // namespace doclayout
