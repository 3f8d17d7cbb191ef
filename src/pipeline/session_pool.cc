#include "pipeline/session_pool.h"

#include <utility>

#include "base/mutex.h"

namespace doclayout::pipeline {

struct SessionPool::State {
  Mutex mutex;
  CondVar freed;
  std::vector<std::unique_ptr<runtime::Session>> free GUARDED_BY(mutex);

  void GiveBack(std::unique_ptr<runtime::Session> session) {
    {
      const MutexLock lock(mutex);
      free.push_back(std::move(session));
    }
    freed.NotifyOne();
  }
};

SessionPool::SessionPool(std::vector<std::unique_ptr<runtime::Session>> sessions) : state_(std::make_shared<State>()) {
  const MutexLock lock(state_->mutex);
  state_->free = std::move(sessions);
}

SessionPool::~SessionPool() = default;

SessionPool::Lease SessionPool::Take() {
  std::unique_ptr<runtime::Session> session;
  {
    const MutexLock lock(state_->mutex);
    while (state_->free.empty()) state_->freed.Wait(state_->mutex);
    // The one that was given back last: its memory is still in the processor's caches.
    session = std::move(state_->free.back());
    state_->free.pop_back();
  }
  return {session.release(),
          [state = state_](runtime::Session* lent) { state->GiveBack(std::unique_ptr<runtime::Session>(lent)); }};
}

void SessionPool::Add(std::unique_ptr<runtime::Session> session) {
  state_->GiveBack(std::move(session));
}

}  // namespace doclayout::pipeline
