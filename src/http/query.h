#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::http {

/// One `name=value` of a query, percent-decoded. `name` alone has an empty value.
struct QueryParameter {
  std::string name;
  std::string value;
};

/// The parameters of a query in their order; `encoded` is what stands behind the '?', empty for none. What
/// is empty between two '&' is no parameter, as in the URL standard's form parser (https://url.spec.whatwg.org).
///
/// `kBadRequest` for what is not percent-encoded as RFC 3986 says, `kBadParameter` for a name given twice and for
/// more than 64. Thread-safe.
Result<std::vector<QueryParameter>> ParseQuery(std::string_view encoded);

}  // namespace doclayout::http
