#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tracing/retry.h"

namespace doclayout::tracing {

/// Where spans go.
class Collector {
 public:
  virtual ~Collector() = default;

  /// Sends one request and waits for its answer. Blocks for a bounded time. One thread at a time.
  virtual Answer Post(const std::string& body) = 0;

  /// For messages.
  virtual std::string name() const = 0;

  /// From now on `Post` returns at once with a fault, one that is under way too. Any thread.
  virtual void Abandon() = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A collector's address and how to talk to it. A plain value.
struct CollectorOptions {
  std::string url;                                   ///< http or https, with its path: mostly /v1/traces
  Headers headers;                                   ///< sent with every request: keys, mostly
  std::chrono::milliseconds timeout{10'000};         ///< of a whole request
  std::chrono::milliseconds connect_timeout{5'000};  ///< of its connection, within the former
};

/// A collector that speaks OTLP/HTTP with JSON. Keeps its connection; follows no redirects; checks certificates, with
/// the authorities of SSL_CERT_FILE where that is set; takes proxies from the environment (http_proxy, https_proxy,
/// no_proxy). `kBadParameter` for a URL that is none; `kInternal` when the library cannot be started. Does not connect.
Result<std::unique_ptr<Collector>> ConnectLater(CollectorOptions options);

}  // namespace doclayout::tracing
