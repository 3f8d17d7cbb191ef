#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/outcome.h"
#include "bench/target.h"

namespace doclayout::bench {

/// A request on its way. A plain value.
struct Ticket {
  TimePoint due;
  TimePoint sent;
  bool measured = false;  ///< not of the warm-up
};

/// How a request ended.
struct Ending {
  Outcome outcome = Outcome::kOk;
  TimePoint at;
  long status = 0;                      ///< 0: there was none
  std::optional<double> retry_after_s;  ///< of a refusal
  std::string detail;                   ///< of what is not good; by a stranger
};

/// Requests to one service over HTTP/1.1, many at once on one thread, each on a connection of its own while it is on
/// its way. Redirects are not followed, no proxy is used, and nothing is sent a second time: a connection that breaks
/// is an ending, also where a kinder client would try again.
///
/// Not thread-safe. Only `Poll` waits, and `FetchNow`.
class Transfers {
 public:
  struct Options {
    Target target;
    std::vector<std::string> headers;  ///< "Name: value"
    std::string content_type;          ///< unless `headers` have one
    bool keep_alive = true;
    int most = 512;                 ///< requests at once
    int interrupt_descriptor = -1;  ///< ends a wait when it is readable
  };
  using OnEnd = std::function<void(const Ticket&, const Ending&)>;
  using OnMetrics = std::function<void(const std::string& text)>;

  static Result<std::unique_ptr<Transfers>> Make(const Options& options);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// A GET that waits for its answer, two seconds at most. The body of a 200; else nothing. At most 4 MiB.
  std::optional<std::string> FetchNow(const std::string& url) const;

  /// Requests on their way.
  int in_flight() const;
  bool HasRoom() const;

  /// Posts the body, which has to live until the end. Only while there is room. `timeout` is from now.
  void Start(std::span<const std::uint8_t> body, Duration timeout, const Ticket& ticket);

  /// Asks for `/metrics`, unless that is still on its way. No answer, no call of `on_metrics`.
  void AskForMetrics();

  /// Sends and receives until something happens or it is `until`; calls `on_end` and `on_metrics`, which may start
  /// other requests.
  void Poll(TimePoint until, const OnEnd& on_end, const OnMetrics& on_metrics);

  /// Ends what is on its way as unfinished.
  void CutOff(const OnEnd& on_end);

 private:
  class Loop;
  explicit Transfers(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace doclayout::bench
