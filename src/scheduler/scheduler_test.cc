#include "scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/fake_clock.h"

namespace doclayout::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Doubler = Scheduler<int, int>;

/// Gives each page's double; pages of -1 fail, of -2 throw, and others wait until `gate` opens if it is closed.
class Model {
 public:
  Result<std::vector<int>> Infer(std::span<const int> inputs) {
    if (++calls == 1) called_.set_value();
    if (shut) opened_.wait();
    std::vector<int> outputs;
    for (const int input : inputs) {
      if (input == -1) return Fail(ErrorCode::kInternal, "told to fail");
      if (input == -2) throw std::runtime_error("told to throw");
      outputs.push_back(2 * input);
    }
    return outputs;
  }
  void AwaitCall() { called_.get_future().wait(); }
  void Open() { gate_.set_value(); }

  std::atomic<int> calls{0};
  std::atomic<bool> shut{false};

 private:
  std::promise<void> called_;
  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
};

/// One that infers nothing until it is opened.
std::shared_ptr<Model> ShutModel() {
  const auto model = std::make_shared<Model>();
  model->shut = true;
  return model;
}

Doubler::Slots SlotsOf(const std::shared_ptr<Model>& model) {
  return {.infer = [model](int, std::span<int> inputs) { return model->Infer(inputs); }};
}

/// What became of a request of one page: the first that was said.
class Outcome {
 public:
  Doubler::Listener Listener() {
    return {.on_page = [state = state_](int, Result<int> result, const PageTimes&) { state->Say(std::move(result)); },
            .on_end = [state = state_](Error error) { state->Say(Fail(std::move(error))); }};
  }
  Result<int> Get() { return future_.get(); }
  bool Known() const { return future_.wait_for(seconds(0)) == std::future_status::ready; }

 private:
  struct State {
    void Say(Result<int> result) {
      if (!known.exchange(true)) said.set_value(std::move(result));
    }
    std::promise<Result<int>> said;
    std::atomic<bool> known{false};
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::future<Result<int>> future_ = state_->said.get_future();
};

RequestId Submit(Doubler& scheduler, int input, Outcome& outcome, Deadline deadline = Deadline::Never()) {
  const auto id = scheduler.Admit({.client = "a", .deadline = deadline}, outcome.Listener());
  EXPECT_TRUE(id);
  scheduler.Push({*id, 0}, input);
  return *id;
}

TEST(Scheduler, GivesBackWhatTheModelMakesOfAPage) {
  const SteadyClock clock;
  Doubler scheduler({}, SlotsOf(std::make_shared<Model>()), clock);
  Outcome outcome;

  const RequestId id = Submit(scheduler, 21, outcome);

  EXPECT_EQ(outcome.Get(), 42);
  scheduler.Leave(id);
  EXPECT_EQ(scheduler.Inspect([](const Policy& policy, TimePoint) { return policy.requests(); }), 0U);
}

TEST(Scheduler, ReportsAFailureAndGoesOn) {
  const SteadyClock clock;
  Doubler scheduler({}, SlotsOf(std::make_shared<Model>()), clock);
  Outcome failed;
  Outcome thrown;
  Outcome good;

  Submit(scheduler, -1, failed);
  Submit(scheduler, -2, thrown);
  Submit(scheduler, 1, good);

  EXPECT_EQ(failed.Get().error(), (Error{ErrorCode::kInternal, "told to fail"}));
  EXPECT_EQ(thrown.Get().error(), (Error{ErrorCode::kInternal, "told to throw"}));
  EXPECT_EQ(good.Get(), 2);
}

TEST(Scheduler, OneBadPageIsNotItsWholeBatchsFailure) {
  FakeClock clock;
  const auto model = std::make_shared<Model>();
  Doubler::Options options;
  options.policy.batches = {.max_batch_size = 3, .max_queue_delay = seconds(1)};
  Doubler scheduler(options, SlotsOf(model), clock);
  std::vector<Outcome> outcomes(3);

  Submit(scheduler, 1, outcomes[0]);
  Submit(scheduler, -1, outcomes[1]);
  Submit(scheduler, 3, outcomes[2]);

  EXPECT_EQ(outcomes[0].Get(), 2);
  EXPECT_EQ(outcomes[1].Get().error().message, "told to fail");
  EXPECT_EQ(outcomes[2].Get(), 6);
  EXPECT_EQ(model->calls, 4);  // all together, then one by one
  EXPECT_EQ(scheduler.Inspect([](const Policy& policy, TimePoint now) { return policy.breaker(now); }),
            Breaker::State::kClosed);
}

TEST(Scheduler, SendsABatchOnItsWayWhenTheDelayIsOver) {
  FakeClock clock;
  Doubler::Options options;
  options.policy.batches = {.max_batch_size = 3, .max_queue_delay = seconds(1)};
  Doubler scheduler(options, SlotsOf(std::make_shared<Model>()), clock);
  Outcome outcome;
  Submit(scheduler, 1, outcome);

  EXPECT_FALSE(outcome.Known());
  clock.Advance(seconds(1));
  scheduler.LookAtClock();

  EXPECT_EQ(outcome.Get(), 2);
}

TEST(Scheduler, EndsWhatExpiresInTheQueueWithoutASlot) {
  FakeClock clock;
  const auto model = ShutModel();
  Doubler scheduler({}, SlotsOf(model), clock);
  Outcome running;
  Outcome waiting;
  Submit(scheduler, 1, running);
  Submit(scheduler, 2, waiting, Deadline::After(clock, seconds(2)));
  model->AwaitCall();

  clock.Advance(seconds(2));
  scheduler.LookAtClock();

  EXPECT_EQ(waiting.Get().error().code, ErrorCode::kDeadlineExceeded);
  model->Open();
  EXPECT_EQ(running.Get(), 2);
  EXPECT_EQ(model->calls, 1);
}

TEST(Scheduler, AnswersForAPageInTheSlotWhenItsTimeIsOver) {
  FakeClock clock;
  const auto model = ShutModel();
  Doubler scheduler({}, SlotsOf(model), clock);
  Outcome running;
  Submit(scheduler, 1, running, Deadline::After(clock, seconds(2)));

  clock.Advance(seconds(2));
  scheduler.LookAtClock();

  EXPECT_EQ(running.Get().error().code, ErrorCode::kDeadlineExceeded);
  model->Open();
}

TEST(Scheduler, InfersNothingForACallerWhoHasLeft) {
  const SteadyClock clock;
  const auto model = ShutModel();
  Doubler scheduler({}, SlotsOf(model), clock);
  Outcome running;
  Outcome left;
  Outcome last;
  Submit(scheduler, 1, running);
  scheduler.Leave(Submit(scheduler, 2, left));
  Submit(scheduler, 3, last);

  model->Open();

  EXPECT_EQ(running.Get(), 2);
  EXPECT_EQ(last.Get(), 6);
  EXPECT_EQ(model->calls, 2);
  EXPECT_FALSE(left.Known());
}

TEST(Scheduler, GivesUpASlotThatIsStuckAndPutsAnotherInItsPlace) {
  FakeClock clock;
  const auto hanging = std::make_shared<Model>();
  hanging->shut = true;
  const auto healthy = std::make_shared<Model>();
  const auto current = std::make_shared<std::atomic<Model*>>(hanging.get());
  std::promise<bool> told;
  Doubler::Options options;
  options.policy.inference_limit = seconds(10);
  Doubler scheduler(
      options,
      {.infer = [hanging, healthy, current](int, std::span<int> inputs) { return current->load()->Infer(inputs); },
       .replace =
           [healthy, current](int) {
             *current = healthy.get();
             return true;
           },
       .on_stuck = [&told](int, bool replaced) { told.set_value(replaced); }},
      clock);
  Outcome stuck;
  Outcome next;
  Submit(scheduler, 1, stuck);
  Submit(scheduler, 2, next);
  hanging->AwaitCall();

  clock.Advance(seconds(10));
  scheduler.LookAtClock();

  EXPECT_EQ(stuck.Get().error(),
            (Error{ErrorCode::kDeadlineExceeded, "the model did not answer in the time that it is given"}));
  EXPECT_EQ(next.Get(), 4);
  EXPECT_TRUE(told.get_future().get());
  hanging->Open();  // its thread ends some time, and nobody hears of it
}

TEST(Scheduler, SaysThatAStuckSlotCannotBeReplaced) {
  FakeClock clock;
  const auto model = ShutModel();
  std::promise<bool> told;
  Doubler::Options options;
  options.policy.inference_limit = seconds(10);
  Doubler::Slots slots = SlotsOf(model);
  slots.on_stuck = [&told](int, bool replaced) { told.set_value(replaced); };
  Doubler scheduler(options, slots, clock);
  Outcome stuck;
  Submit(scheduler, 1, stuck);

  clock.Advance(seconds(10));
  scheduler.LookAtClock();

  EXPECT_FALSE(told.get_future().get());
  EXPECT_EQ(scheduler.Inspect([](const Policy& policy, TimePoint) { return policy.stuck(); }), 1);
  model->Open();
}

/// A driver that hangs in an inference may hang in making a session too.
TEST(Scheduler, WaitsForNoReplacementThatHangs) {
  FakeClock clock;
  const auto model = ShutModel();
  const auto never = std::make_shared<std::promise<void>>();
  std::promise<void> asked;
  std::promise<bool> told;
  Doubler::Options options;
  options.policy.inference_limit = seconds(10);
  Doubler::Slots slots = SlotsOf(model);
  slots.replace = [never, &asked](int) {
    asked.set_value();
    never->get_future().wait();
    return true;
  };
  slots.on_stuck = [&told](int, bool replaced) { told.set_value(replaced); };
  {
    Doubler scheduler(options, slots, clock);
    Outcome stuck;
    Submit(scheduler, 1, stuck);
    model->AwaitCall();
    clock.Advance(seconds(10));
    scheduler.LookAtClock();
    EXPECT_EQ(stuck.Get().error().code, ErrorCode::kDeadlineExceeded);
    asked.get_future().wait();

    clock.Advance(seconds(10));
    scheduler.LookAtClock();

    EXPECT_FALSE(told.get_future().get());
    EXPECT_FALSE(scheduler.Stop());
  }
  never->set_value();
  model->Open();
}

TEST(Scheduler, TellsWhatWaitsThatItEnds) {
  const SteadyClock clock;
  const auto model = ShutModel();
  Outcome running;
  Outcome waiting;
  {
    Doubler scheduler({}, SlotsOf(model), clock);
    Submit(scheduler, 1, running);
    Submit(scheduler, 2, waiting);
    model->Open();
  }

  EXPECT_TRUE(running.Known());
  EXPECT_TRUE(waiting.Known());
}

TEST(Scheduler, GivesUpOnASlotThatHangsAsItEnds) {
  const SteadyClock clock;
  const auto model = ShutModel();
  Outcome running;
  Outcome waiting;
  {
    Doubler scheduler({}, SlotsOf(model), clock);
    Submit(scheduler, 1, running);
    Submit(scheduler, 2, waiting);
    model->AwaitCall();

    EXPECT_FALSE(scheduler.Stop(milliseconds(1)));
    EXPECT_FALSE(scheduler.Stop(milliseconds(1))) << "nor is it idle when asked again";
  }
  model->Open();  // its thread ends some time, and nobody hears of it

  EXPECT_EQ(running.Get().error().code, ErrorCode::kDraining);
  EXPECT_EQ(waiting.Get().error().code, ErrorCode::kDraining);
}

TEST(Scheduler, WaitsForAPageThatIsSoonDoneAsItEnds) {
  const SteadyClock clock;
  const auto model = ShutModel();
  Outcome running;
  Doubler scheduler({}, SlotsOf(model), clock);
  Submit(scheduler, 1, running);
  model->AwaitCall();
  std::thread opener([&model] { model->Open(); });

  EXPECT_TRUE(scheduler.Stop(seconds(60)));
  opener.join();
}

/// For ThreadSanitizer: callers who come, leave and expire while slots infer.
TEST(Scheduler, AnswersOrEndsEachRequestOnceUnderManyThreads) {
  const SteadyClock clock;
  Doubler::Options options;
  options.policy.slots = 3;
  options.policy.first_guess = milliseconds(0);
  options.policy.batches = {.max_batch_size = 2, .max_queue_delay = milliseconds(0)};
  constexpr int kCallers = 4;
  constexpr int kRequests = 300;
  constexpr int kPages = 3;
  std::atomic<int> pages{0};
  std::atomic<int> ended{0};
  std::atomic<int> refused{0};
  std::atomic<int> left{0};
  {
    Doubler scheduler(options, SlotsOf(std::make_shared<Model>()), clock);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < kRequests; ++i) {
          struct Waited {
            std::promise<void> done;
            std::atomic<int> missing{kPages};
          };
          const auto waited = std::make_shared<Waited>();
          const bool hurried = i % 7 == 0;
          const auto id = scheduler.Admit(
              {.client = std::to_string(caller),
               .priority = i % 2 == 0 ? Priority::kBulk : Priority::kInteractive,
               .deadline = hurried ? Deadline::After(clock, std::chrono::microseconds(50)) : Deadline::Never()},
              {.on_page =
                   [&pages, waited](int, const Result<int>&, const PageTimes&) {
                     ++pages;
                     if (--waited->missing == 0) waited->done.set_value();
                   },
               .on_end =
                   [&ended, waited](const Error&) {
                     ++ended;
                     if (waited->missing.exchange(-kPages) > 0) waited->done.set_value();
                   }});
          if (!id) {
            ++refused;
            continue;
          }
          scheduler.SetPages(*id, kPages);
          for (int page = 0; page < kPages; ++page) scheduler.Push({*id, page}, page);
          if (i % 5 == 0) {
            scheduler.Leave(*id);
            ++left;
            continue;
          }
          waited->done.get_future().wait();
          scheduler.Leave(*id);
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(scheduler.Inspect([](const Policy& policy, TimePoint) { return policy.requests(); }), 0U);
  }
  EXPECT_GE(pages + kPages * (ended + refused + left), kCallers * kRequests * kPages);
}

}  // namespace
}  // namespace doclayout::scheduler
