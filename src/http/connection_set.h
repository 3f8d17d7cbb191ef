#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "http/connection.h"
#include "metrics/metrics.h"

namespace doclayout::http {

/// The connections that are open. I/O thread only; never blocks.
class ConnectionSet {
 public:
  /// `count` always shows how many there are; it must outlive the set.
  explicit ConnectionSet(metrics::Gauge& count) : count_(count) {}

  void Add(std::shared_ptr<Connection> connection, Admission admission);
  void Remove(const std::shared_ptr<Connection>& connection);
  std::size_t size() const { return connections_.size(); }
  std::size_t served() const { return served_; }  ///< without those that are only told to leave

  /// Ends each connection as soon as it has answered what it has begun to receive; such that come later end likewise.
  void Drain();
  /// Cuts each off where it is.
  void Abort();
  /// Calls `function` once there is none, which may be at once.
  void WhenEmpty(std::function<void()> function);

 private:
  void Changed();

  metrics::Gauge& count_;
  std::map<std::shared_ptr<Connection>, Admission> connections_;
  std::size_t served_ = 0;
  bool draining_ = false;
  std::function<void()> when_empty_;
};

}  // namespace doclayout::http
