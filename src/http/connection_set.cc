#include "http/connection_set.h"

namespace doclayout::http {

void ConnectionSet::Add(std::shared_ptr<Connection> connection, Admission admission) {
  if (draining_) connection->Drain();
  if (admission == Admission::kServe) ++served_;
  connections_.emplace(std::move(connection), admission);
  Changed();
}

void ConnectionSet::Remove(const std::shared_ptr<Connection>& connection) {
  const auto found = connections_.find(connection);
  if (found->second == Admission::kServe) --served_;
  connections_.erase(found);
  Changed();
}

bool ConnectionSet::MakeRoom(Duration least) {
  std::shared_ptr<Connection> idlest;
  auto since = std::chrono::steady_clock::now() - least;
  for (const auto& [connection, admission] : connections_) {
    const auto idle_since = connection->idle_since();
    if (admission != Admission::kServe || !idle_since || *idle_since > since) continue;
    idlest = connection;
    since = *idle_since;
  }
  if (!idlest) return false;
  idlest->Abort();
  metrics_.made_room.Increment();
  return true;
}

void ConnectionSet::Drain() {
  draining_ = true;
  for (const auto& [connection, admission] : connections_) connection->Drain();
}

std::size_t ConnectionSet::lost() const {
  std::size_t count = refused_;
  for (const auto& [connection, admission] : connections_) {
    if (!connection->idle_since() && !connection->refused()) ++count;
  }
  return count;
}

void ConnectionSet::Refuse() {
  for (const auto& [connection, admission] : connections_) connection->Refuse();
}

void ConnectionSet::Abort() {
  for (const auto& [connection, admission] : connections_) connection->Abort();
}

void ConnectionSet::WhenEmpty(std::function<void()> function) {
  when_empty_ = std::move(function);
  Changed();
}

void ConnectionSet::Changed() {
  metrics_.open.Set(static_cast<double>(connections_.size()));
  if (connections_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

}  // namespace doclayout::http
