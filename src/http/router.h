#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace doclayout::http {

/// What answers at a path.
struct Route {
  std::string_view path;                  ///< whole and exact; also the label `route`
  std::vector<std::string_view> methods;  ///< with "HEAD" wherever "GET" is
  Handler* handler;
  /// Asked for by a machine every few seconds: answered also when there are too many connections, and its good answers
  /// are logged at debug only.
  bool probe = false;         ///< but for its POST, which anybody may send
  bool admin = false;         ///< asks for the operator's token itself, and not for a client's key
  std::vector<int> statuses;  ///< those that it documents, for metrics that exist from the start

  bool Allows(std::string_view method) const;
  bool IsProbe(std::string_view method) const { return probe && method != "POST"; }
};

/// Finds the route of a request. I/O thread only; the handlers must outlive it.
class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  /// Sets the exchange's path, query and route. `bad_request` for a target that is no path, `not_found` for one that is
  /// unknown, `method_not_allowed`, with Allow, for a method that the route does not have.
  std::optional<Problem> Find(Exchange& exchange) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::string Paths() const;

  const std::vector<Route> routes_;
};

}  // namespace doclayout::http
