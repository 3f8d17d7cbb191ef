#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/mutex.h"
#include "base/result.h"
#include "scheduler/policy.h"

namespace doclayout::scheduler {

/// How a page fared.
struct PageTimes {
  Duration queued{0};     ///< from `Push` to the slot
  Duration inference{0};  ///< in the slot, its batch's whole time
  int batch = 1;          ///< pages that were inferred together
};

/// The policy's decisions carried out: a thread for each slot, one that watches the time, and the pages that wait.
///
/// Thread-safe; no function blocks. A request is admitted, its pages are pushed as they become ready, each comes back
/// by `on_page` once, and then it leaves. `on_end` comes instead of what is still missing when its deadline passes, its
/// slot is stuck or the scheduler ends; the request has then left. Callbacks are called without a lock, on a slot's or
/// the watching thread, and must not block, throw or destroy the scheduler. After `Leave` at most one call that was on
/// its way may still come.
///
/// A slot that is given up, because it is stuck or because it still infers when `Stop` has no more patience, keeps its
/// thread for ever, and what `Slots::infer` uses: those must not refer to anything that ends with the scheduler.
template <typename Input, typename Output>
class Scheduler {
 public:
  /// What is told of a request.
  struct Listener {
    std::function<void(int page, Result<Output>, const PageTimes&)> on_page;
    std::function<void(Error)> on_end;
  };

  /// What the slots do.
  struct Slots {
    /// Infers a batch on the thread of that slot; one output for each input. May throw.
    std::function<Result<std::vector<Output>>(int slot, std::span<Input>)> infer;
    /// Makes a stuck slot work again beside the thread that hangs; false when that cannot be. On a thread of its own:
    /// it may hang as well, and counts as false when it takes longer than an inference may. May be empty: it cannot.
    std::function<bool(int slot)> replace;
    /// A slot is stuck; `replaced` says whether another does its work. May be empty.
    std::function<void(int slot, bool replaced)> on_stuck;
    /// A page was inferred, and its request has left meanwhile. On the thread of the slot; may be empty.
    std::function<void(const Input&, const PageTimes&)> on_left;
  };

  struct Options {
    Policy::Options policy;
    int niceness = 0;  ///< added to the nice value of the slots' threads
  };

  Scheduler(Options options, Slots slots, const Clock& clock)
      : state_(std::make_shared<State>(std::move(options), std::move(slots), clock)) {
    const MutexLock lock(state_->mutex);
    for (int slot = 0; slot < state_->options.policy.slots; ++slot) StartSlot(state_, slot);
    watcher_ = std::thread([state = state_] { Watch(state); });
  }

  ~Scheduler() { Stop(); }

  /// Ends what has not ended (`kDraining`), and waits for the pages in the slots that are not stuck, for `patience` at
  /// most: slots that still infer then are given up as if they were stuck. From then on nothing is admitted, and what
  /// comes for requests of before has no effect. False when a slot keeps its thread. By the owner.
  bool Stop(std::optional<Duration> patience = std::nullopt);

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// As the policy's functions of these names.
  std::optional<Refusal> Judge(const RequestSpec& spec) const {
    const MutexLock lock(state_->mutex);
    return state_->policy.Judge(spec, state_->clock.Now());
  }
  tl::expected<RequestId, Refusal> Admit(const RequestSpec& spec, Listener listener) {
    const MutexLock lock(state_->mutex);
    auto id = state_->policy.Admit(spec, state_->clock.Now());
    if (id) state_->listeners.emplace(*id, std::move(listener));
    state_->WakeWatcher();
    return id;
  }
  std::optional<Refusal> SetPages(RequestId id, int pages) {
    const MutexLock lock(state_->mutex);
    return state_->policy.SetPages(id, pages, state_->clock.Now());
  }
  void Push(PageRef page, Input input) {
    const MutexLock lock(state_->mutex);
    const TimePoint now = state_->clock.Now();
    if (!state_->policy.Push(page, now)) return;  // it has left meanwhile
    state_->waiting.emplace(page, Waiting{std::move(input), now});
    state_->FillSlots();
  }
  void Leave(RequestId id) {
    Gone gone;  // freed without the lock
    const MutexLock lock(state_->mutex);
    gone = state_->Remove(id);
  }
  void ObserveOverhead(Duration time) {
    const MutexLock lock(state_->mutex);
    state_->policy.ObserveOverhead(time);
  }
  /// Whether there was anything to be made of what the slots gave for a page.
  void ObserveUse(bool usable) {
    const MutexLock lock(state_->mutex);
    state_->policy.ObserveUse(usable, state_->clock.Now());
    state_->Publish();
    state_->WakeWatcher();
  }

  /// How the slots fare. Takes no lock.
  struct Health {
    int stuck = 0;
    Breaker::State breaker = Breaker::State::kClosed;
  };
  Health health() const {
    const Duration broken_until(state_->broken_until.load());
    Health health{.stuck = state_->stuck.load()};
    if (broken_until != Duration(0)) {
      const bool open = state_->clock.Now() < TimePoint(broken_until);
      health.breaker = open ? Breaker::State::kOpen : Breaker::State::kHalfOpen;
    }
    return health;
  }

  /// Calls `read` with the policy, for what it knows of the present.
  template <typename Read>
  auto Inspect(Read read) const {
    const MutexLock lock(state_->mutex);
    return read(std::as_const(state_->policy), state_->clock.Now());
  }

  /// Makes the watching thread look at the clock: for clocks that tests move.
  void LookAtClock() {
    const MutexLock lock(state_->mutex);
    state_->looked_at = false;
    state_->watch.NotifyAll();
  }

 private:
  struct Waiting {
    Input input;
    TimePoint since;
  };
  struct Work {
    std::vector<PageRef> pages;
    std::vector<Input> inputs;
    std::vector<PageTimes> times;
    TimePoint start;
  };
  struct Slot {
    std::thread thread;
    std::uint64_t generation = 0;  ///< rises when the thread is given up
    bool infers = false;           ///< the thread has taken its work and not ended it
    enum class Replacement { kNone, kAsked, kMade, kFailed } replacement = Replacement::kNone;
    TimePoint replaced_until;  ///< then one that was asked for has failed
    std::optional<Work> work;
    CondVar wake;
  };
  /// What a request leaves behind.
  struct Gone {
    std::optional<Listener> listener;
    std::vector<Waiting> waiting;
  };
  struct State {
    State(Options options_in, Slots slots_in, const Clock& clock_in)
        : options(std::move(options_in)),
          run(std::move(slots_in)),
          clock(clock_in),
          policy(options.policy),
          slots(static_cast<std::size_t>(options.policy.slots)) {}

    void FillSlots() REQUIRES(mutex);
    Gone Remove(RequestId id) REQUIRES(mutex) { return Collect(id, policy.Leave(id)); }
    Gone Collect(RequestId id, const std::vector<int>& pages) REQUIRES(mutex);
    void GiveUp(Slot& slot) REQUIRES(mutex);
    TimePoint NextEvent(TimePoint now) const REQUIRES(mutex);
    bool Infers() const REQUIRES(mutex);
    void WakeWatcher() REQUIRES(mutex);
    void Publish() REQUIRES(mutex);

    const Options options;
    const Slots run;
    const Clock& clock;
    mutable Mutex mutex;
    Policy policy GUARDED_BY(mutex);
    std::vector<Slot> slots GUARDED_BY(mutex);
    std::map<PageRef, Waiting> waiting GUARDED_BY(mutex);
    std::unordered_map<RequestId, Listener> listeners GUARDED_BY(mutex);
    CondVar watch;
    TimePoint watched_until GUARDED_BY(mutex) = TimePoint::max();
    bool looked_at GUARDED_BY(mutex) = true;
    CondVar idle;  ///< a slot has ended its work after `Stop`
    bool stopped GUARDED_BY(mutex) = false;
    bool gave_up GUARDED_BY(mutex) = false;
    // What `Publish` copies out of the policy for whoever must not wait for the mutex.
    std::atomic<int> stuck{0};
    std::atomic<Duration::rep> broken_until{0};  ///< 0: the breaker is closed
  };
  /// A callback with what it is called with.
  using Call = std::function<void()>;

  static void StartSlot(const std::shared_ptr<State>& state, int slot) REQUIRES(state->mutex);
  static void RunSlot(const std::shared_ptr<State>& state, int slot, std::uint64_t generation);
  static Result<std::vector<Output>> Infer(const State& state, int slot, std::span<Input> inputs);
  static std::vector<Result<Output>> InferEach(State& state, int slot, std::uint64_t generation, Work& work);
  static void Watch(const std::shared_ptr<State>& state);
  static Call EndOf(Gone gone, std::string reason);
  static std::vector<Call> EndExpired(State& state, TimePoint now) REQUIRES(state.mutex);
  static std::vector<Call> EndStuck(const std::shared_ptr<State>& state, TimePoint now) REQUIRES(state->mutex);
  static void AskReplacement(const std::shared_ptr<State>& state, int slot, TimePoint now) REQUIRES(state->mutex);
  static std::vector<Call> TakeReplacements(const std::shared_ptr<State>& state, TimePoint now) REQUIRES(state->mutex);

  const std::shared_ptr<State> state_;
  std::thread watcher_;
};

}  // namespace doclayout::scheduler

#include "scheduler/scheduler_inl.h"        // IWYU pragma: export
#include "scheduler/scheduler_watch_inl.h"  // IWYU pragma: export
