#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doclayout::http {

/// `value; name=value; name="quoted value"`: the form of Content-Type, Content-Disposition and each element of Accept.
/// A plain value.
struct HeaderValue {
  std::string value;                                            ///< in lower case
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, values as sent, unquoted

  /// The parameter's value; null where it is not there. Valid as long as this object.
  const std::string* Find(std::string_view name) const;
};

/// Nullopt for what is not of that form, and for a parameter given twice: two readers could then see two values.
/// Thread-safe.
std::optional<HeaderValue> ParseHeaderValue(std::string_view text);

/// Removes a parameter's value, a token or a quoted text, from the start of `text`; nullopt for what is neither, and
/// then `text` is of no further use. Thread-safe.
std::optional<std::string> TakeParameterValue(std::string_view& text);

/// Splits at the commas that stand outside of quotes. Thread-safe; the parts point into `text`.
std::vector<std::string_view> SplitList(std::string_view text);

/// The token of an Authorization header, "Bearer TOKEN" (RFC 6750); empty for another scheme, which may be a gateway's
/// before us and is not our matter. Points into `authorization`. Thread-safe.
std::string_view BearerToken(std::string_view authorization);

}  // namespace doclayout::http
