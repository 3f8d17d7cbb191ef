#include "http/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

/// RFC 9112, 3.2.2: a server takes "http://host/path" as well, as a proxy would send it.
std::string_view WithoutAuthority(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::string_view name = target.substr(0, scheme);
  if (!EqualsIgnoreCase(name, "http") && !EqualsIgnoreCase(name, "https")) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return "/";
  return target.substr(path);
}

}  // namespace

bool Route::Allows(std::string_view method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

std::optional<Problem> Router::Find(Exchange& exchange) const {
  const std::string_view target = WithoutAuthority(exchange.head.target);
  const std::size_t question = target.find('?');
  exchange.path = target.substr(0, question);
  exchange.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  if (!target.starts_with('/') || target.find('#') != std::string_view::npos) {
    return Problem(ProblemTypeOf(ErrorCode::kBadRequest),
                   fmt::format("the target {} is not a path with an optional query", Quoted(target)));
  }
  // Compared as sent: no route has a character that needs encoding, and "/%68ealth" hides from a gateway's rules.
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) { return route.path == exchange.path; });
  if (found == routes_.end()) {
    return Problem(ProblemTypeOf(ErrorCode::kNotFound),
                   fmt::format("there is no {}; there are {}", Quoted(exchange.path), Paths()));
  }
  exchange.route = &*found;
  if (found->Allows(exchange.head.method)) return std::nullopt;
  const std::string allowed = fmt::format("{}", fmt::join(found->methods, ", "));
  Problem problem(kMethodNotAllowed, fmt::format("{} does not take the method {}; allowed is {}", found->path,
                                                 Quoted(exchange.head.method), allowed));
  problem.headers.push_back({"Allow", allowed});
  return problem;
}

std::string Router::Paths() const {
  std::vector<std::string_view> paths;
  paths.reserve(routes_.size());
  for (const Route& route : routes_) paths.push_back(route.path);
  return fmt::format("{}", fmt::join(paths, ", "));
}

}  // namespace doclayout::http
