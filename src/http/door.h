#pragma once

#include <functional>
#include <memory>

#include "http/connection.h"
#include "http/listener.h"

namespace doclayout::http {

/// Where connections come in: begins one for each, as many as the limits allow and some spare ones for probes.
///
/// Belongs to the I/O thread but for what says otherwise. What the context refers to must outlive it.
class Door {
 public:
  /// `on_refused` is called for each connection that finds no place at all; may be empty.
  Door(const ConnectionContext& context, std::shared_ptr<Listener> listener, std::function<void()> on_refused);

  /// From now on, or a little later. Any thread, once.
  void Open();

  /// No more connections are taken; those that are there go on.
  void Close() { listener_->Stop(); }

  /// Closes, cuts off every connection, and blocks until none is left. By the owner, on another thread than the I/O
  /// thread, before the event loop ends.
  void Shut();

 private:
  void Accepted(int socket);

  const ConnectionContext& context_;
  std::shared_ptr<Listener> listener_;
  const std::function<void()> on_refused_;
};

}  // namespace doclayout::http
