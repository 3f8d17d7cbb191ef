#include "probe/webhook.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include "base/cpu.h"

namespace doclayout::probe {

Result<std::unique_ptr<Webhook>> Webhook::Start(Options options, const ProbeMetrics::Webhooks& counters,
                                                Logger& logger) {
  if (!client::IsUrl(options.url)) {
    return Fail(ErrorCode::kBadParameter, "a webhook is no URL of http:// or https:// with a host");
  }
  auto client = client::HttpClient::Create();
  if (!client) return Fail(std::move(client.error()));
  return std::unique_ptr<Webhook>(new Webhook(std::move(options), std::move(*client), counters, logger));
}

Webhook::Webhook(Options options, std::unique_ptr<client::HttpClient> client, const ProbeMetrics::Webhooks& counters,
                 Logger& logger)
    : options_(std::move(options)),
      host_(client::PrintableHost(options_.url)),
      client_(std::move(client)),
      counters_(counters),
      logger_(logger),
      thread_([this] { Run(); }) {}

Webhook::~Webhook() {
  std::size_t left = 0;
  {
    const MutexLock lock(mutex_);
    over_ = true;
    left = waiting_.size();
    waiting_.clear();
    changed_.NotifyAll();
  }
  client_->Abandon();
  thread_.join();
  if (left > 0) CountDropped(left, "the process ended");
}

void Webhook::Send(const Message& message) {
  std::string body = options_.format == WebhookFormat::kDingTalk ? DingTalkJson(message) : SlackJson(message);
  bool full = false;
  {
    const MutexLock lock(mutex_);
    full = waiting_.size() >= options_.capacity;
    if (full) waiting_.pop_front();
    waiting_.push_back(std::move(body));
    changed_.NotifyAll();
  }
  if (full) CountDropped(1, "too many wait");
}

void Webhook::Run() {
  NameThread("webhook");
  // TLS writes to a connection that is gone: an error, and not a signal. Signals are for another thread.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (const auto body = Next()) {
    try {
      Deliver(*body);
    } catch (const std::exception& exception) {  // no memory for the request, mostly
      counters_.failed.Increment();
      logger_.Write(LogLevel::kError, "webhook_failed", {{"webhook", host_}, {"reason", exception.what()}});
    }
  }
}

std::optional<std::string> Webhook::Next() {
  const MutexLock lock(mutex_);
  while (waiting_.empty() && !over_) changed_.Wait(mutex_);
  if (over_) return std::nullopt;
  std::string body = std::move(waiting_.front());
  waiting_.pop_front();
  return body;
}

void Webhook::Deliver(const std::string& body) {
  for (int attempt = 1;; ++attempt) {
    const auto url = SignedUrl(options_.url, options_.secret, std::chrono::system_clock::now());
    const client::Answer answer = client_->Send({.url = url.value_or(options_.url),
                                                 .body = &body,
                                                 .timeout = options_.timeout,
                                                 .connect_timeout = options_.timeout,
                                                 .longest_answer = 4096,
                                                 .fresh_connection = true});
    const DeliveryReport report = ReadDelivery(options_.format, answer);
    if (report.delivery == Delivery::kDelivered) {
      counters_.delivered.Increment();
      logger_.Write(LogLevel::kInfo, "webhook_delivered",
                    {{"webhook", host_}, {"attempt", static_cast<long long>(attempt)}});
      return;
    }
    const auto wait = report.delivery == Delivery::kTryAgain
                          ? WaitBeforeAttempt(attempt, answer.retry_after, options_.retry)
                          : std::nullopt;
    if (!wait) counters_.failed.Increment();
    logger_.Write(wait ? LogLevel::kWarning : LogLevel::kError, wait ? "webhook_retry" : "webhook_failed",
                  {{"webhook", host_}, {"attempt", static_cast<long long>(attempt)}, {"reason", report.reason}});
    if (!wait) return;
    if (!Pause(*wait)) return CountDropped(1, "the process ended");
  }
}

/// False when the end came first.
bool Webhook::Pause(std::chrono::milliseconds time) {
  const TimePoint until = std::chrono::steady_clock::now() + time;
  const MutexLock lock(mutex_);
  for (;;) {
    const Duration left = until - std::chrono::steady_clock::now();
    if (over_) return false;
    if (left <= Duration(0)) return true;
    changed_.WaitFor(mutex_, left);
  }
}

void Webhook::CountDropped(std::size_t count, std::string_view reason) {
  counters_.dropped.Increment(count);
  logger_.Write(LogLevel::kWarning, "webhook_dropped",
                {{"webhook", host_}, {"messages", static_cast<long long>(count)}, {"reason", reason}});
}

}  // namespace doclayout::probe
