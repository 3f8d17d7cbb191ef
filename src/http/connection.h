#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "health/readiness.h"
#include "http/body_budget.h"
#include "http/event_loop.h"
#include "http/limits.h"
#include "http/middleware.h"

namespace doclayout::http {

class ConnectionSet;

enum class Admission {
  kServe,
  kSpare,  ///< beyond the limit: answer one request, if it is a probe's, and close
};

/// One caller's connection: reads requests one after another, answers each before it reads the next. Owns the socket;
/// its coroutine keeps it alive until the connection ends.
///
/// I/O thread only; never blocks.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Ends once what it has begun to receive is answered. Waits shortly for a request that may be on its way.
  virtual void Drain() = 0;

  /// Whatever it has begun to receive is refused with 503 `draining`, and it ends; an idle one ends at once. An answer
  /// that is being written goes on.
  virtual void Refuse() = 0;

  /// Ends now.
  virtual void Abort() = 0;

  /// Since when it waits for the first byte of a request; nullopt while there is one.
  virtual std::optional<TimePoint> idle_since() const = 0;

  /// Its last request was refused by `Refuse`.
  virtual bool refused() const = 0;
};

/// What connections share. Everything must outlive them.
struct ConnectionContext {
  EventLoop& loop;
  const Limits& limits;
  const MiddlewareChain& chain;
  const health::Readiness& readiness;
  ConnectionSet& connections;
  const std::shared_ptr<BodyBudget>& bodies;
  Logger& logger;
  const Clock& clock;
  Duration drain_idle_grace;
};

/// Starts to serve a connected, non-blocking TCP socket, which it takes over, and adds itself to the set of connections
/// until it ends. I/O thread only; returns at once.
void StartConnection(const ConnectionContext& context, int socket, Admission admission);

}  // namespace doclayout::http
