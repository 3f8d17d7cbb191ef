#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <new>
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
/// A slot that is stuck keeps its thread for ever, and what `Slots::infer` uses: those must not refer to anything that
/// ends with the scheduler.
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
    /// Makes a stuck slot work again beside the thread that hangs; false when that cannot be. May be empty: it cannot.
    std::function<bool(int slot)> replace;
    /// A slot is stuck; `replaced` says whether another does its work. May be empty.
    std::function<void(int slot, bool replaced)> on_stuck;
  };

  struct Options {
    Policy::Options policy;
    int niceness = 0;  ///< added to the nice value of the slots' threads
  };

  Scheduler(Options options, Slots slots, const Clock& clock)
      : state_(std::make_shared<State>(std::move(options), std::move(slots), clock)) {
    const MutexLock lock(state_->mutex);
    for (int slot = 0; slot < state_->options.policy.slots; ++slot) StartSlot(state_, slot);
    watcher_ = std::thread([state = state_] { Watch(*state, state); });
  }

  /// Ends what has not ended (`kDraining`), and waits for the pages in the slots that are not stuck.
  ~Scheduler() {
    std::vector<std::thread> threads;
    std::vector<Listener> listeners;
    {
      const MutexLock lock(state_->mutex);
      state_->policy.Close();
      state_->stopped = true;
      for (auto& [id, listener] : state_->listeners) {
        state_->policy.Leave(id);
        listeners.push_back(std::move(listener));
      }
      state_->listeners.clear();
      state_->waiting.clear();
      for (Slot& slot : state_->slots) {
        slot.wake.NotifyAll();
        threads.push_back(std::move(slot.thread));
      }
      state_->watch.NotifyAll();
    }
    watcher_.join();
    for (std::thread& thread : threads) {
      if (thread.joinable()) thread.join();
    }
    for (const Listener& listener : listeners) {
      listener.on_end({ErrorCode::kDraining, "the service is shutting down"});
    }
  }

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
  void Close() {
    const MutexLock lock(state_->mutex);
    state_->policy.Close();
  }
  void ObserveOverhead(Duration time) {
    const MutexLock lock(state_->mutex);
    state_->policy.ObserveOverhead(time);
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
    Gone Remove(RequestId id) REQUIRES(mutex);
    void WakeWatcher() REQUIRES(mutex);

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
    bool stopped GUARDED_BY(mutex) = false;
  };
  /// A callback with what it is called with.
  using Call = std::function<void()>;

  static void StartSlot(const std::shared_ptr<State>& state, int slot) REQUIRES(state->mutex);
  static void RunSlot(const std::shared_ptr<State>& state, int slot, std::uint64_t generation);
  static Result<std::vector<Output>> Infer(const State& state, int slot, std::span<Input> inputs);
  static std::vector<Result<Output>> InferEach(const State& state, int slot, Work& work);
  static void Watch(State& state, const std::shared_ptr<State>& shared);
  static std::vector<Call> EndExpired(State& state, TimePoint now) REQUIRES(state.mutex);
  static std::vector<Call> EndStuck(State& state, TimePoint now, std::vector<int>& stuck) REQUIRES(state.mutex);
  static void ReplaceSlot(const std::shared_ptr<State>& state, int slot);

  const std::shared_ptr<State> state_;
  std::thread watcher_;
};

template <typename Input, typename Output>
void Scheduler<Input, Output>::State::FillSlots() {
  while (auto assignment = policy.Take(clock.Now())) {
    const TimePoint now = clock.Now();
    Work work{.pages = std::move(assignment->pages), .start = now};
    for (const PageRef& page : work.pages) {
      const auto found = waiting.find(page);
      work.inputs.push_back(std::move(found->second.input));
      work.times.push_back({.queued = now - found->second.since, .batch = static_cast<int>(work.pages.size())});
      waiting.erase(found);
    }
    Slot& slot = slots.at(static_cast<std::size_t>(assignment->slot));
    slot.work = std::move(work);
    slot.wake.NotifyAll();
  }
  WakeWatcher();
}

template <typename Input, typename Output>
typename Scheduler<Input, Output>::Gone Scheduler<Input, Output>::State::Remove(RequestId id) {
  Gone gone;
  for (const int page : policy.Leave(id)) {
    const auto found = waiting.find({id, page});
    gone.waiting.push_back(std::move(found->second));
    waiting.erase(found);
  }
  if (const auto found = listeners.find(id); found != listeners.end()) {
    gone.listener = std::move(found->second);
    listeners.erase(found);
  }
  return gone;
}

/// The watching thread sleeps until the next event; an earlier one has come up.
template <typename Input, typename Output>
void Scheduler<Input, Output>::State::WakeWatcher() {
  if (policy.NextEvent(clock.Now()) < watched_until) watch.NotifyAll();
}

template <typename Input, typename Output>
void Scheduler<Input, Output>::StartSlot(const std::shared_ptr<State>& state, int slot) {
  Slot& started = state->slots.at(static_cast<std::size_t>(slot));
  started.thread = std::thread([state, slot, generation = started.generation] { RunSlot(state, slot, generation); });
}

template <typename Input, typename Output>
void Scheduler<Input, Output>::RunSlot(const std::shared_ptr<State>& state, int number, std::uint64_t generation) {
  NameThread("slot-" + std::to_string(number));
  LowerThreadPriority(state->options.niceness);
  std::vector<Call> calls;
  for (;;) {
    Work work;
    {
      const MutexLock lock(state->mutex);
      Slot& slot = state->slots.at(static_cast<std::size_t>(number));
      while (!slot.work && slot.generation == generation && !state->stopped) slot.wake.Wait(state->mutex);
      if (slot.generation != generation || !slot.work) return;
      work = std::move(*slot.work);
      slot.work.reset();
    }
    std::vector<Result<Output>> results = InferEach(*state, number, work);
    {
      const MutexLock lock(state->mutex);
      // Given up as stuck: nothing but the state is sure to be there any more, not even the clock.
      if (state->slots.at(static_cast<std::size_t>(number)).generation != generation) return;
      const TimePoint now = state->clock.Now();
      const bool failed = std::ranges::none_of(results, [](const auto& result) { return result.has_value(); });
      state->policy.Complete(number, failed, now);
      for (std::size_t i = 0; i < results.size(); ++i) {
        const auto listener = state->listeners.find(work.pages[i].request);
        if (listener == state->listeners.end()) continue;  // the caller has left
        work.times[i].inference = now - work.start;
        auto result = std::make_shared<Result<Output>>(std::move(results[i]));
        calls.push_back([on_page = listener->second.on_page, page = work.pages[i].page, result, times = work.times[i]] {
          on_page(page, std::move(*result), times);
        });
      }
      state->FillSlots();
    }
    work = {};
    results.clear();
    for (const Call& call : calls) call();
    calls.clear();
  }
}

/// A batch that fails is tried page by page, so that one bad page is not everybody's failure.
template <typename Input, typename Output>
std::vector<Result<Output>> Scheduler<Input, Output>::InferEach(const State& state, int slot, Work& work) {
  std::vector<Result<Output>> results;
  results.reserve(work.inputs.size());
  Result<std::vector<Output>> all = Infer(state, slot, work.inputs);
  if (all) {
    for (Output& output : *all) results.push_back(std::move(output));
    return results;
  }
  if (work.inputs.size() == 1) {
    results.push_back(Fail(std::move(all.error())));
    return results;
  }
  for (Input& input : work.inputs) {
    Result<std::vector<Output>> one = Infer(state, slot, {&input, 1});
    if (one) {
      results.push_back(std::move(one->front()));
    } else {
      results.push_back(Fail(std::move(one.error())));
    }
  }
  return results;
}

template <typename Input, typename Output>
Result<std::vector<Output>> Scheduler<Input, Output>::Infer(const State& state, int slot, std::span<Input> inputs) {
  try {
    Result<std::vector<Output>> outputs = state.run.infer(slot, inputs);
    if (outputs && outputs->size() != inputs.size()) {
      return Fail(ErrorCode::kInternal, "the engine gave another number of results than it was given pages");
    }
    return outputs;
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOverloaded, "there is not enough memory for this page now; try again later");
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kInternal, exception.what());
  }
}

template <typename Input, typename Output>
void Scheduler<Input, Output>::Watch(State& state, const std::shared_ptr<State>& shared) {
  NameThread("watcher");
  std::vector<Call> calls;
  std::vector<int> stuck;
  for (;;) {
    {
      const MutexLock lock(state.mutex);
      for (;;) {
        if (state.stopped) return;
        const TimePoint now = state.clock.Now();
        calls = EndExpired(state, now);
        std::vector<Call> of_stuck = EndStuck(state, now, stuck);
        calls.insert(calls.end(), std::make_move_iterator(of_stuck.begin()), std::make_move_iterator(of_stuck.end()));
        state.FillSlots();
        if (!calls.empty() || !stuck.empty()) break;
        if (!std::exchange(state.looked_at, true)) continue;
        state.watched_until = state.policy.NextEvent(now);
        if (state.watched_until == TimePoint::max()) {
          state.watch.Wait(state.mutex);
        } else {
          state.watch.WaitFor(state.mutex, std::max(state.watched_until - now, Duration(1)));
        }
      }
    }
    for (const Call& call : calls) call();
    calls.clear();
    for (const int slot : std::exchange(stuck, {})) ReplaceSlot(shared, slot);
  }
}

template <typename Input, typename Output>
std::vector<typename Scheduler<Input, Output>::Call> Scheduler<Input, Output>::EndExpired(State& state, TimePoint now) {
  std::vector<Call> calls;
  for (const Policy::Expired& expired : state.policy.Expire(now)) {
    auto gone = std::make_shared<Gone>();
    for (const int page : expired.waiting) {
      const auto found = state.waiting.find({expired.request, page});
      gone->waiting.push_back(std::move(found->second));
      state.waiting.erase(found);
    }
    const auto listener = state.listeners.find(expired.request);
    gone->listener = std::move(listener->second);
    state.listeners.erase(listener);
    calls.push_back([gone] {
      gone->listener->on_end({ErrorCode::kDeadlineExceeded, "the time that was allowed for the answer has passed"});
    });
  }
  return calls;
}

template <typename Input, typename Output>
std::vector<typename Scheduler<Input, Output>::Call> Scheduler<Input, Output>::EndStuck(State& state, TimePoint now,
                                                                                        std::vector<int>& stuck) {
  std::vector<Call> calls;
  for (const Policy::Stuck& found : state.policy.FindStuck(now)) {
    Slot& slot = state.slots.at(static_cast<std::size_t>(found.slot));
    ++slot.generation;
    slot.work.reset();  // should the thread not even have begun
    slot.wake.NotifyAll();
    slot.thread.detach();  // nobody can end it
    stuck.push_back(found.slot);
    for (const PageRef& page : found.pages) {
      auto gone = std::make_shared<Gone>(state.Remove(page.request));
      if (!gone->listener) continue;
      calls.push_back([gone] {
        gone->listener->on_end({ErrorCode::kDeadlineExceeded, "the model did not answer in the time that it is given"});
      });
    }
  }
  return calls;
}

template <typename Input, typename Output>
void Scheduler<Input, Output>::ReplaceSlot(const std::shared_ptr<State>& state, int slot) {
  const bool replaced = state->run.replace && state->run.replace(slot);
  if (replaced) {
    const MutexLock lock(state->mutex);
    if (!state->stopped) {
      StartSlot(state, slot);
      state->policy.Replace(slot);
      state->FillSlots();
    }
  }
  if (state->run.on_stuck) state->run.on_stuck(slot, replaced);
}

}  // namespace doclayout::scheduler
