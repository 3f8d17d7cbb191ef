#pragma once

#include <string>

#include "base/result.h"

namespace doclayout::bench {

/// The addresses of a service.
struct Target {
  std::string analyze;  ///< with the query
  std::string metrics;
  std::string version;
  std::string printable;  ///< `analyze` without a password
  bool on_this_machine = false;
};

/// From "http://host:8000", "http://host/prefix" or "http://host/prefix/analyze", and a query such as
/// "threshold=0.3". `kBadParameter` for what is no such URL, and for a query that could not stand in a request line.
Result<Target> ReadTarget(const std::string& url, const std::string& query);

}  // namespace doclayout::bench
