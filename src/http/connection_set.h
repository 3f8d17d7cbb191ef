#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "http/connection.h"
#include "metrics/metrics.h"

namespace doclayout::http {

/// The connections that are open. I/O thread only; never blocks.
class ConnectionSet {
 public:
  /// What shows what becomes of connections. Must outlive the set.
  struct Metrics {
    metrics::Gauge& open;
    metrics::Counter& idle_timeout;  ///< closed because no request came for too long
    metrics::Counter& made_room;     ///< closed while idle, because another caller needed the place
  };

  explicit ConnectionSet(const Metrics& metrics) : metrics_(metrics) {}

  void Add(std::shared_ptr<Connection> connection, Admission admission);
  void Remove(const std::shared_ptr<Connection>& connection);
  std::size_t size() const { return connections_.size(); }
  std::size_t served() const { return served_; }  ///< without the spare ones

  /// Ends the connection that has been idle for the longest, if that is at least `least`. False when there is none.
  bool MakeRoom(Duration least);
  void CountIdleTimeout() { metrics_.idle_timeout.Increment(); }

  /// Ends each connection as soon as it has answered what it has begun to receive; such that come later end likewise.
  void Drain();
  /// Refuses what is not answered yet, and ends all.
  void Refuse();
  void CountRefused() { ++refused_; }
  /// Requests that were refused by `Refuse`, and connections that wait for an answer or send a request still.
  std::size_t lost() const;
  /// Cuts each off where it is.
  void Abort();
  /// Calls `function` once there is none, which may be at once.
  void WhenEmpty(std::function<void()> function);

 private:
  void Changed();

  const Metrics metrics_;
  std::map<std::shared_ptr<Connection>, Admission> connections_;
  std::size_t served_ = 0;
  std::size_t refused_ = 0;
  bool draining_ = false;
  std::function<void()> when_empty_;
};

}  // namespace doclayout::http
