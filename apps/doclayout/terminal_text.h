#pragma once

#include <string>
#include <string_view>

namespace doclayout {

/// Text of strangers (file names, messages with file names in them) made safe for a terminal and for logs of one line a
/// message: control characters, marks that turn the direction of writing, and bytes that are not UTF-8 become
/// "\x1b" or "\u202e"; the rest stays. Pure, thread-safe.
std::string Printable(std::string_view text);

/// The start of `text` (UTF-8, printable) that fits into so many columns of a terminal; "…" at its end where something
/// was cut off. Letters of East Asia and emoji count as two columns. Pure, thread-safe.
std::string CutToColumns(std::string_view text, int columns);

}  // namespace doclayout
