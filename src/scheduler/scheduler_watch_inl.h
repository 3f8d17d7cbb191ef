#pragma once

// What the thread of a Scheduler does that watches the time: definitions of its template's functions. Included by
// scheduler.h, and by nobody else.

#include <algorithm>
#include <iterator>
#include <system_error>

#include "base/guarded.h"
#include "scheduler/scheduler.h"

namespace doclayout::scheduler {

/// The watching thread sleeps until the next event; an earlier one has come up.
template <typename Input, typename Output>
void Scheduler<Input, Output>::State::WakeWatcher() {
  if (NextEvent(clock.Now()) < watched_until) watch.NotifyAll();
}

template <typename Input, typename Output>
void Scheduler<Input, Output>::Watch(const std::shared_ptr<State>& state) {
  NameThread("watcher");
  std::vector<Call> calls;
  const auto add = [&calls](std::vector<Call> more) {
    calls.insert(calls.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (;;) {
    {
      const MutexLock lock(state->mutex);
      for (;;) {
        if (state->stopped) return;
        const TimePoint now = state->clock.Now();
        add(EndExpired(*state, now));
        add(EndStuck(state, now));
        add(TakeReplacements(state, now));
        state->FillSlots();
        if (!calls.empty()) break;
        if (!std::exchange(state->looked_at, true)) continue;
        state->watched_until = state->NextEvent(now);
        if (state->watched_until == TimePoint::max()) {
          state->watch.Wait(state->mutex);
        } else {
          state->watch.WaitFor(state->mutex, std::max(state->watched_until - now, Duration(1)));
        }
      }
    }
    for (const Call& call : calls) call();
    calls.clear();
  }
}

template <typename Input, typename Output>
TimePoint Scheduler<Input, Output>::State::NextEvent(TimePoint now) const {
  TimePoint next = policy.NextEvent(now);
  for (const Slot& slot : slots) {
    if (slot.replacement == Slot::Replacement::kAsked) next = std::min(next, slot.replaced_until);
  }
  return next;
}

/// Tells a request that its time is over, and then frees what it left behind.
template <typename Input, typename Output>
typename Scheduler<Input, Output>::Call Scheduler<Input, Output>::EndOf(Gone gone, std::string reason) {
  return [gone = std::make_shared<Gone>(std::move(gone)), reason = std::move(reason)] {
    gone->listener->on_end({ErrorCode::kDeadlineExceeded, reason});
  };
}

template <typename Input, typename Output>
std::vector<typename Scheduler<Input, Output>::Call> Scheduler<Input, Output>::EndExpired(State& state, TimePoint now) {
  std::vector<Call> calls;
  for (const Policy::Expired& expired : state.policy.Expire(now)) {
    calls.push_back(EndOf(state.Collect(expired.request, expired.waiting),
                          expired.passed ? "the time that was allowed for the answer has passed"
                                         : "what is left of the time that was allowed for the answer is not enough"));
  }
  return calls;
}

template <typename Input, typename Output>
std::vector<typename Scheduler<Input, Output>::Call> Scheduler<Input, Output>::EndStuck(
    const std::shared_ptr<State>& state, TimePoint now) {
  std::vector<Call> calls;
  for (const Policy::Stuck& found : state->policy.FindStuck(now)) {
    state->GiveUp(state->slots.at(static_cast<std::size_t>(found.slot)));
    state->Publish();
    AskReplacement(state, found.slot, now);
    for (const PageRef& page : found.pages) {
      Gone gone = state->Remove(page.request);
      if (!gone.listener) continue;
      calls.push_back(EndOf(std::move(gone), "the model did not answer in the time that it is given"));
    }
  }
  return calls;
}

/// Neither the watcher nor the end of the scheduler waits for it.
template <typename Input, typename Output>
void Scheduler<Input, Output>::AskReplacement(const std::shared_ptr<State>& state, int number, TimePoint now) {
  using Replacement = typename Slot::Replacement;
  Slot& slot = state->slots.at(static_cast<std::size_t>(number));
  slot.replacement = Replacement::kFailed;
  if (!state->run.replace) return;
  try {
    std::thread([state, number] {
      NameThread("replace-" + std::to_string(number));
      const auto made = Guarded([&]() -> Result<bool> { return state->run.replace(number); });
      const MutexLock lock(state->mutex);
      Slot& replaced = state->slots.at(static_cast<std::size_t>(number));
      if (replaced.replacement != Replacement::kAsked) return;  // it took too long
      replaced.replacement = made && *made ? Replacement::kMade : Replacement::kFailed;
      state->looked_at = false;
      state->watch.NotifyAll();
    }).detach();
  } catch (const std::system_error&) {
    return;  // there is no thread to be had
  }
  slot.replacement = Replacement::kAsked;
  slot.replaced_until = now + state->options.policy.inference_limit;
}

template <typename Input, typename Output>
std::vector<typename Scheduler<Input, Output>::Call> Scheduler<Input, Output>::TakeReplacements(
    const std::shared_ptr<State>& state, TimePoint now) {
  using Replacement = typename Slot::Replacement;
  std::vector<Call> calls;
  for (int number = 0; number < static_cast<int>(state->slots.size()); ++number) {
    Slot& slot = state->slots.at(static_cast<std::size_t>(number));
    if (slot.replacement == Replacement::kNone) continue;
    if (slot.replacement == Replacement::kAsked && now < slot.replaced_until) continue;
    const bool replaced = std::exchange(slot.replacement, Replacement::kNone) == Replacement::kMade;
    if (replaced) {
      StartSlot(state, number);
      state->policy.Replace(number);
      state->Publish();
    }
    if (state->run.on_stuck) {
      calls.push_back([&on_stuck = state->run.on_stuck, number, replaced] { on_stuck(number, replaced); });
    }
  }
  return calls;
}

}  // namespace doclayout::scheduler
