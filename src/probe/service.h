#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "client/http_client.h"
#include "probe/outcome.h"
#include "probe/service_answer.h"

namespace doclayout::probe {

/// The service that is asked. Each call has a connection of its own, as a caller's would: one that is kept says
/// nothing of whether the service takes new ones. Goes round proxies, which are for the world outside.
///
/// One thread at a time, but for `Abandon`. The clock must outlive it.
class Service {
 public:
  struct Options {
    std::string url;                            ///< without a path of its own; a '/' at the end is as good as none
    std::string page;                           ///< bytes of an image to infer; empty: the service's golden page
    std::string api_key;                        ///< empty: none is sent
    std::chrono::milliseconds timeout{20'000};  ///< of deep health
  };

  /// `kBadParameter` for a URL that is none. Does not connect.
  static Result<std::unique_ptr<Service>> Create(Options options, const Clock& clock);

  /// `GET /startupz`. Blocks for a few seconds at most.
  StartUp AskStartUp();

  /// `GET /deep-health`, or POST with the page. Blocks for the timeout at most.
  Outcome AskDeepHealth();

  /// From now on both return at once, calls under way too. Any thread.
  void Abandon() { client_->Abandon(); }

 private:
  Service(Options options, std::unique_ptr<client::HttpClient> client, const Clock& clock);

  client::Answer Ask(const char* path, std::chrono::milliseconds timeout, const std::string* body);

  const std::string url_;
  const std::string body_;  // JSON; empty: none is sent
  const client::Headers headers_;
  const std::chrono::milliseconds timeout_;
  const std::unique_ptr<client::HttpClient> client_;
  const Clock& clock_;
};

}  // namespace doclayout::probe
