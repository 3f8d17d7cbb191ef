#pragma once

#include <memory>
#include <vector>

#include "runtime/session.h"

namespace doclayout::pipeline {

/// Sessions of one engine, lent to whoever infers and given back when the outputs have been read.
///
/// With more sessions than slots a slot infers the next page while the last one's outputs are still post-processed:
/// they lie in the session and are copied nowhere. Thread-safe. A session that is never given back, because its
/// inference hangs, is missing and nothing else.
class SessionPool {
 public:
  /// Given back when the last copy is gone, on that thread. May outlive the pool.
  using Lease = std::shared_ptr<runtime::Session>;

  explicit SessionPool(std::vector<std::unique_ptr<runtime::Session>> sessions);
  ~SessionPool();

  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  /// Blocks until one is free.
  Lease Take();

  /// One more, in the place of one that is missing.
  void Add(std::unique_ptr<runtime::Session> session);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace doclayout::pipeline
