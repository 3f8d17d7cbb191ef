#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "client/http_client.h"
#include "probe/delivery.h"
#include "probe/message.h"
#include "probe/probe_metrics.h"

namespace doclayout::probe {

/// Delivers messages to one URL, on a thread of its own ("webhook"), one after another.
///
/// Thread-safe. Whoever sends is not held up, however slow the other end is: what finds no room takes the place of the
/// oldest that waits, since the latest says how things are. What became of each message is counted, and logged where
/// it was not delivered: the URL is a secret, of which the log has the host only.
class Webhook {
 public:
  struct Options {
    std::string url;
    WebhookFormat format = WebhookFormat::kSlack;
    std::string secret;                         ///< of a DingTalk robot that wants messages signed
    std::chrono::milliseconds timeout{10'000};  ///< of one attempt
    RetryOptions retry;
    std::size_t capacity = 16;  ///< messages that may wait
  };

  /// Starts the thread; the logger and the counters must outlive it. `kBadParameter` for a URL that is none. Throws
  /// std::system_error where there is no thread to be had.
  static Result<std::unique_ptr<Webhook>> Start(Options options, const ProbeMetrics::Webhooks& counters,
                                                Logger& logger);

  /// Ends at once, with an attempt under way too; messages that are left are dropped.
  ~Webhook();

  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

  /// Never blocks.
  void Send(const Message& message);

 private:
  Webhook(Options options, std::unique_ptr<client::HttpClient> client, const ProbeMetrics::Webhooks& counters,
          Logger& logger);

  void Run();
  std::optional<std::string> Next();
  void Deliver(const std::string& body);
  bool Pause(std::chrono::milliseconds time);
  void CountDropped(std::size_t count, std::string_view reason);

  const Options options_;
  const std::string host_;  ///< for the log
  const std::unique_ptr<client::HttpClient> client_;
  const ProbeMetrics::Webhooks counters_;
  Logger& logger_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> waiting_ GUARDED_BY(mutex_);  // bodies
  bool over_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace doclayout::probe
