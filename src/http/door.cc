#include "http/door.h"

#include <unistd.h>

#include <future>
#include <utility>

#include "http/connection_set.h"
#include "http/event_loop.h"

namespace doclayout::http {

Door::Door(const ConnectionContext& context, std::shared_ptr<Listener> listener, std::function<void()> on_refused)
    : context_(context), listener_(std::move(listener)), on_refused_(std::move(on_refused)) {}

void Door::Open() {
  context_.loop.Post([this] { listener_->Start([this](int socket) { Accepted(socket); }); });
}

void Door::Shut() {
  std::promise<void> closed;
  context_.loop.Post([this, &closed] {
    listener_->Stop();
    listener_.reset();
    context_.connections.Abort();
    context_.connections.WhenEmpty([&closed] { closed.set_value(); });
  });
  closed.get_future().wait();
}

void Door::Accepted(int socket) {
  const Limits& limits = context_.limits;
  ConnectionSet& connections = context_.connections;
  if (connections.size() >= limits.max_connections + limits.spare_connections) {
    close(socket);
    if (on_refused_) on_refused_();
    return;
  }
  const bool room = connections.served() < limits.max_connections || connections.MakeRoom(limits.least_idle);
  StartConnection(context_, socket, room ? Admission::kServe : Admission::kSpare);
}

}  // namespace doclayout::http
