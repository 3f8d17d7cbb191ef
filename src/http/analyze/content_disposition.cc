#include "http/analyze/content_disposition.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/ascii.h"
#include "http/header_value.h"

namespace doclayout::http {
namespace {

tl::unexpected<Error> Refuse(std::string_view what) {
  return Fail(ErrorCode::kBadRequest, std::string(what));
}

/// Removes a parameter's value that nobody needs, up to the semicolon behind it.
void SkipValue(std::string_view& text) {
  std::string_view behind = text;
  if (text.starts_with('"') && TakeParameterValue(behind)) text = behind;
  text.remove_prefix(std::min(text.find(';'), text.size()));
}

}  // namespace

Result<std::string> FormFieldName(std::string_view disposition) {
  const std::size_t end = std::min(disposition.find(';'), disposition.size());
  if (!EqualsIgnoreCase(Trim(disposition.substr(0, end)), "form-data")) {
    return Refuse("a part's Content-Disposition is not form-data; name=\"…\"");
  }
  std::optional<std::string> name;
  std::string_view rest = disposition.substr(end);
  while (!rest.empty()) {
    rest = Trim(rest.substr(1));  // the semicolon
    const std::size_t name_end = std::min(rest.find_first_of("=;"), rest.size());
    const bool is_name = EqualsIgnoreCase(Trim(rest.substr(0, name_end)), "name");
    rest.remove_prefix(name_end);
    if (!rest.starts_with('=')) continue;  // a piece of a file name with a semicolon
    rest.remove_prefix(1);
    if (!is_name) {
      SkipValue(rest);
      continue;
    }
    if (name) return Refuse("a part's Content-Disposition has two names");
    name = TakeParameterValue(rest);
    rest = Trim(rest);
    if (!name || (!rest.empty() && !rest.starts_with(';'))) {
      return Refuse("the name in a part's Content-Disposition is neither a quoted text nor a token");
    }
  }
  if (!name) return Refuse("a part's Content-Disposition has no name");
  return std::move(*name);
}

}  // namespace doclayout::http
