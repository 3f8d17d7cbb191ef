#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

/// Requests to other programs.
namespace doclayout::client {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What to ask. A plain value.
struct Request {
  std::string url;                                     ///< http or https
  Headers headers;                                     ///< without line breaks
  const std::string* body = nullptr;                   ///< null: GET; else POST of JSON. Outlives the request
  std::chrono::milliseconds timeout{10'000};           ///< of all of it
  std::chrono::milliseconds connect_timeout{5'000};    ///< of its connection, within the former
  std::size_t longest_answer = std::size_t{64} << 10;  ///< what is behind is not read
  bool fresh_connection = false;                       ///< of its own, and closed behind it
  bool proxies = true;                                 ///< those of http_proxy, https_proxy and no_proxy
};

/// How a request went. A plain value.
struct Answer {
  int status = 0;  ///< of HTTP; 0: none came
  std::string body;
  std::optional<std::chrono::seconds> retry_after;  ///< a day at most
  std::string fault;                                ///< why none came
  bool timed_out = false;                           ///< none came in the time that it was given
  bool may_pass = false;                            ///< none came, and another try may do
};

/// Sends one request after another over HTTP/1.1 or 2. Keeps connections; follows no redirects; checks certificates,
/// with the authorities of SSL_CERT_FILE where that is set.
class HttpClient {
 public:
  /// `kInternal` where there is no memory for it, or the library cannot be started. Does not connect.
  static Result<std::unique_ptr<HttpClient>> Create();

  virtual ~HttpClient() = default;

  /// Sends and waits for the answer: blocks for the request's timeout at most, name resolution with it. One thread at
  /// a time.
  virtual Answer Send(const Request& request) = 0;

  /// From now on `Send` returns at once with a fault, one that is under way too. Any thread.
  virtual void Abandon() = 0;
};

/// Whether it is a URL of http or https that the client can take.
bool IsUrl(const std::string& url);

/// The URL without name, password and query, which may hold keys: for messages. "no URL" for what is none.
std::string PrintableUrl(const std::string& url);

/// Scheme, host and port alone, where the path is a secret too: "https://hooks.example". "no URL" for what is none.
std::string PrintableHost(const std::string& url);

/// The host's name of a URL; empty for what is none.
std::string HostOf(const std::string& url);

/// The URL with `name=value` behind its query, percent-encoded; nothing for what is no URL.
std::optional<std::string> WithParameter(const std::string& url, const std::string& name, const std::string& value);

}  // namespace doclayout::client
