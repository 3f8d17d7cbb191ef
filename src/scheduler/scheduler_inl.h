#pragma once

// How the slots of a Scheduler work, and how it ends: definitions of its template's functions. Included by scheduler.h,
// and by nobody else.

#include <algorithm>

#include "base/guarded.h"
#include "scheduler/scheduler.h"

namespace doclayout::scheduler {

template <typename Input, typename Output>
bool Scheduler<Input, Output>::Stop(std::optional<Duration> patience) {
  std::vector<std::thread> threads;
  std::vector<Listener> listeners;
  const SteadyClock clock;  // not that of the decisions, which a test moves: this is about threads
  const TimePoint end = patience ? clock.Now() + *patience : TimePoint::max();
  bool gave_up = false;
  {
    const MutexLock lock(state_->mutex);
    if (std::exchange(state_->stopped, true)) return !state_->gave_up;
    state_->policy.Close();
    for (auto& [id, listener] : state_->listeners) {
      state_->policy.Leave(id);
      listeners.push_back(std::move(listener));
    }
    state_->listeners.clear();
    state_->waiting.clear();
    state_->watch.NotifyAll();
    for (Slot& slot : state_->slots) slot.wake.NotifyAll();
    while (patience && state_->Infers() && clock.Now() < end) state_->idle.WaitFor(state_->mutex, end - clock.Now());
    for (Slot& slot : state_->slots) {
      if (patience && (slot.infers || slot.work)) state_->GiveUp(slot);
      threads.push_back(std::move(slot.thread));
    }
    gave_up = state_->gave_up;
  }
  watcher_.join();
  for (std::thread& thread : threads) {
    if (thread.joinable()) thread.join();
  }
  for (const Listener& listener : listeners) {
    listener.on_end({ErrorCode::kDraining, "the service is shutting down"});
  }
  return !gave_up;
}

template <typename Input, typename Output>
bool Scheduler<Input, Output>::State::Infers() const {
  return std::ranges::any_of(slots, [](const Slot& slot) { return slot.infers || slot.work; });
}

/// The thread is left to what it hangs in: nobody can end it.
template <typename Input, typename Output>
void Scheduler<Input, Output>::State::GiveUp(Slot& slot) {
  ++slot.generation;
  slot.infers = false;
  slot.work.reset();  // should the thread not even have begun
  slot.wake.NotifyAll();
  slot.thread.detach();
  gave_up = true;
}

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
typename Scheduler<Input, Output>::Gone Scheduler<Input, Output>::State::Collect(RequestId id,
                                                                                 const std::vector<int>& pages) {
  Gone gone;
  for (const int page : pages) {
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

template <typename Input, typename Output>
void Scheduler<Input, Output>::State::Publish() {
  stuck = policy.stuck();
  broken_until = policy.broken_until().time_since_epoch().count();
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
      slot.infers = true;
    }
    std::vector<Result<Output>> results = InferEach(*state, number, generation, work);
    std::vector<std::size_t> left;  // pages whose request has
    {
      const MutexLock lock(state->mutex);
      // Given up: nothing but the state is sure to be there any more, not even the clock.
      Slot& slot = state->slots.at(static_cast<std::size_t>(number));
      if (slot.generation != generation) return;
      slot.infers = false;
      if (state->stopped) state->idle.NotifyAll();
      const TimePoint now = state->clock.Now();
      const bool failed = std::ranges::none_of(results, [](const auto& result) { return result.has_value(); });
      state->policy.Complete(number, failed, now);
      state->Publish();
      for (std::size_t i = 0; i < results.size(); ++i) {
        work.times[i].inference = now - work.start;
        const auto listener = state->listeners.find(work.pages[i].request);
        if (listener == state->listeners.end()) {  // the caller has left
          if (results[i]) left.push_back(i);
          continue;
        }
        auto result = std::make_shared<Result<Output>>(std::move(results[i]));
        calls.push_back([on_page = listener->second.on_page, page = work.pages[i].page, result, times = work.times[i]] {
          on_page(page, std::move(*result), times);
        });
      }
      state->FillSlots();
    }
    if (state->run.on_left) {
      for (const std::size_t i : left) state->run.on_left(work.inputs[i], work.times[i]);
    }
    work = {};
    results.clear();
    for (const Call& call : calls) call();
    calls.clear();
  }
}

/// A batch that fails is tried page by page, so that one bad page is not everybody's failure.
template <typename Input, typename Output>
std::vector<Result<Output>> Scheduler<Input, Output>::InferEach(State& state, int slot, std::uint64_t generation,
                                                                Work& work) {
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
    {
      const MutexLock lock(state.mutex);
      if (state.slots.at(static_cast<std::size_t>(slot)).generation != generation) return results;  // nobody waits
      state.policy.Renew(slot, state.clock.Now());
    }
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
  return Guarded([&]() -> Result<std::vector<Output>> {
    Result<std::vector<Output>> outputs = state.run.infer(slot, inputs);
    if (outputs && outputs->size() != inputs.size()) {
      return Fail(ErrorCode::kInternal, "the engine gave another number of results than it was given pages");
    }
    return outputs;
  });
}

}  // namespace doclayout::scheduler
