#include "http/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/decode_view.hpp>
#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse.hpp>
#include <utility>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

namespace urls = boost::urls;

/// Each is compared with all others, on the I/O thread. There are not that many that are known.
constexpr std::size_t kMostParameters = 64;

/// Percent-decoded; '+' is a plus, as RFC 3986 has it, and not a space.
std::string Decoded(const urls::pct_string_view& text) {
  std::string decoded;
  decoded.reserve(text.decoded_size());
  for (const char c : *text) decoded += c;
  return decoded;
}

}  // namespace

Result<std::vector<QueryParameter>> ParseQuery(std::string_view encoded) {
  std::vector<QueryParameter> parameters;
  if (encoded.empty()) return parameters;
  // Not urls::parse_query: in Boost 1.81 it looks for a zero behind its argument, and reads past the end for it.
  const std::string target = fmt::format("/?{}", encoded);
  const auto parsed = urls::parse_origin_form(target);
  if (!parsed) {
    return Fail(ErrorCode::kBadRequest,
                fmt::format("the query {} is not percent-encoded as RFC 3986 says", Quoted(encoded)));
  }
  for (const auto& entry : parsed->encoded_params()) {
    if (entry.key.empty() && !entry.has_value) continue;  // between "&&", or behind the last '&'
    if (parameters.size() == kMostParameters) {
      return Fail(ErrorCode::kBadParameter,
                  fmt::format("the query has more than the {} parameters that are allowed", kMostParameters));
    }
    QueryParameter parameter{Decoded(entry.key), Decoded(entry.value)};
    const bool twice = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const QueryParameter& other) { return other.name == parameter.name; });
    if (twice) {
      return Fail(ErrorCode::kBadParameter,
                  fmt::format("the parameter {} is given twice; allowed is once", Quoted(parameter.name)));
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace doclayout::http
