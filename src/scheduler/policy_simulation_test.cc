// Thousands of random arrival patterns against the policy, in simulated time: whatever comes, nothing is lost, nothing
// is answered twice, the order holds, limits hold. Fair shares: policy_fairness_test.cc.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scheduler/policy.h"

namespace doclayout::scheduler {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What happens in a simulated service and what came of each request.
struct Pattern {
  Policy::Options options;
  int clients = 1;
  int arrivals = 100;
  double arrivals_per_second = 10;
  int most_pages = 1;
  double bulk_share = 0;
  double no_deadline_share = 0;
  double reserved_share = 0;  ///< of requests that have a place of their own
  double leave_share = 0;     ///< of callers who lose patience
  double failure_share = 0;
  double hang_share = 0;
  bool replaceable = true;  ///< whether a slot that hangs can be replaced
  int pages_ahead = 0;      ///< pages of a document that are pushed and not done; 0: all at once
  milliseconds page_time{100};
  double slow_share = 0;  ///< of inferences that take thirty times as long
  double page_time_spread = 0.2;
  milliseconds timeout{2000};
};

Pattern RandomPattern(std::mt19937& random) {
  const auto uniform = [&](double from, double to) { return std::uniform_real_distribution<>(from, to)(random); };
  const auto among = [&](int from, int to) { return std::uniform_int_distribution<>(from, to)(random); };
  Pattern pattern;
  pattern.options.slots = among(1, 6);
  pattern.options.queue_capacity = static_cast<std::size_t>(among(1, 64));
  pattern.options.spare_places = static_cast<std::size_t>(among(0, 16));
  pattern.options.fairness.bulk_share = uniform(0.05, 0.5);
  if (among(0, 2) == 0) {
    pattern.options.batches = {.max_batch_size = among(2, 8), .max_queue_delay = milliseconds(among(0, 20))};
    if (among(0, 1) == 0) pattern.options.batches.preferred_sizes = {among(1, 8)};
  }
  pattern.options.inference_limit = seconds(3);
  pattern.page_time = milliseconds(among(5, 400));
  pattern.options.first_guess = pattern.page_time * among(1, 3);
  pattern.options.breaker.failures = among(0, 4);
  pattern.clients = among(1, 12);
  pattern.arrivals = among(20, 150);
  const double capacity = pattern.options.slots / (static_cast<double>(pattern.page_time.count()) / 1000);
  pattern.arrivals_per_second = capacity * uniform(0.2, 10);
  pattern.most_pages = among(0, 1) == 0 ? 1 : among(2, 40);
  pattern.bulk_share = among(0, 1) == 0 ? 0 : uniform(0, 1);
  pattern.no_deadline_share = among(0, 1) == 0 ? 0 : uniform(0, 1);
  pattern.reserved_share = among(0, 1) == 0 ? 0 : uniform(0, 0.1);
  pattern.leave_share = among(0, 1) == 0 ? 0 : uniform(0, 0.5);
  pattern.failure_share = among(0, 2) == 0 ? uniform(0, 0.5) : 0;
  pattern.hang_share = among(0, 4) == 0 ? uniform(0, 0.02) : 0;
  pattern.replaceable = among(0, 1) == 0;
  pattern.pages_ahead = among(0, 1) == 0 ? 0 : pattern.options.slots + 1;
  pattern.slow_share = among(0, 3) == 0 ? uniform(0, 0.1) : 0;
  pattern.page_time_spread = uniform(0, 0.5);
  pattern.timeout = milliseconds(among(50, 10'000));
  return pattern;
}

enum class End { kNone, kAnswered, kFailed, kExpired, kLeft, kStuck };

class Simulation {
 public:
  Simulation(Pattern pattern, std::uint32_t seed)
      : pattern_(std::move(pattern)), random_(seed), policy_(pattern_.options) {}

  void Run() {
    ScheduleArrivals();
    // Every event may make work for the slots; the policy's own events come between.
    while (!events_.empty() || policy_.NextEvent(now_) != TimePoint::max()) {
      const TimePoint own = policy_.NextEvent(now_);
      const TimePoint next = events_.empty() ? own : std::min(own, events_.top().time);
      ASSERT_LT(steps_++, 200'000) << "it goes round in circles";
      now_ = std::max(now_, next);
      if (!events_.empty() && events_.top().time <= now_) {
        const Event event = events_.top();
        events_.pop();
        Handle(event);
      }
      Expire();
      FindStuck();
      FillSlots();
      CheckLimits();
    }
    if (policy_.stuck() == pattern_.options.slots) LeaveAll();
    CheckEnd();
  }

  int answered() const { return answered_; }
  int refused() const { return refused_; }

 private:
  struct Event {
    TimePoint time;
    enum class Kind { kArrive, kDone, kLeave } kind = Kind::kArrive;
    int slot = 0;
    std::uint64_t work = 0;
    RequestId request = 0;
    bool failed = false;

    bool operator<(const Event& other) const { return time > other.time; }
  };
  struct Request {
    RequestSpec spec;
    int pushed = 0;
    std::set<int> taken;
    int done = 0;
    int next_taken = 0;
    End end = End::kNone;
  };

  double Uniform() { return std::uniform_real_distribution<>(0, 1)(random_); }
  int Among(int from, int to) { return std::uniform_int_distribution<>(from, to)(random_); }

  void ScheduleArrivals() {
    TimePoint time = now_;
    std::exponential_distribution<> gap(pattern_.arrivals_per_second);
    for (int i = 0; i < pattern_.arrivals; ++i) {
      time += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(gap(random_)));
      events_.push({.time = time});
    }
  }

  void Handle(const Event& event) {
    switch (event.kind) {
      case Event::Kind::kArrive:
        return Arrive();
      case Event::Kind::kLeave:
        return Leave(event.request);
      case Event::Kind::kDone:
        return Done(event);
    }
  }

  void Arrive() {
    RequestSpec spec{
        .client = "client " + std::to_string(Among(1, pattern_.clients)),
        .priority = Uniform() < pattern_.bulk_share ? Priority::kBulk : Priority::kInteractive,
        .deadline = Uniform() < pattern_.no_deadline_share ? Deadline::Never() : Deadline::At(now_ + pattern_.timeout),
        .reserved = Uniform() < pattern_.reserved_share};
    const bool judged = !policy_.Judge(spec, now_);
    const bool must_be_refused = !HasRoom(spec);
    const bool must_be_accepted = policy_.requests() == 0 && policy_.busy() == 0 &&
                                  policy_.stuck() < pattern_.options.slots &&
                                  policy_.breaker(now_) != Breaker::State::kOpen;
    const auto id = policy_.Admit(spec, now_);
    ASSERT_EQ(judged, id.has_value()) << "what is said to the head must hold for the body";
    if (!id) {
      ++refused_;
      CheckRefusal(id.error());
      EXPECT_TRUE(!spec.reserved || id.error().reason == RefusalReason::kEngine) << id.error().message;
      ASSERT_FALSE(must_be_accepted) << "an idle service refuses: " << id.error().message;
      return;
    }
    ASSERT_FALSE(must_be_refused) << "a place that is kept for others";
    const int pages = Among(1, pattern_.most_pages);
    if (const auto refusal = policy_.SetPages(*id, pages, now_)) {
      ++refused_;
      CheckRefusal(*refusal);
      EXPECT_TRUE(policy_.Leave(*id).empty());
      return;
    }
    spec.pages = pages;
    requests_[*id] = {.spec = spec};
    Push(*id);
    if (Uniform() < pattern_.leave_share) {
      const auto patience = pattern_.timeout * Uniform() / 2;
      events_.push(
          {.time = now_ + std::chrono::duration_cast<Duration>(patience), .kind = Event::Kind::kLeave, .request = *id});
    }
  }

  /// Whether so few wait that there is a place for another of this client.
  bool HasRoom(const RequestSpec& spec) const {
    if (spec.reserved) return true;
    std::size_t waiting = 0;
    bool of_client = false;
    for (const auto& [id, request] : requests_) {
      if (request.end != End::kNone || !request.taken.empty() || request.spec.reserved) continue;
      ++waiting;
      of_client |= request.spec.client == spec.client && request.spec.priority == spec.priority;
    }
    const std::size_t spare = of_client ? 0 : pattern_.options.spare_places;
    return waiting < pattern_.options.queue_capacity + spare;
  }

  static void CheckRefusal(const Refusal& refusal) {
    EXPECT_FALSE(refusal.message.empty());
    EXPECT_GE(refusal.retry_after_seconds, refusal.reason == RefusalReason::kTooLate ? 0 : 1);
    EXPECT_LE(refusal.retry_after_seconds, 60);
  }

  /// The next pages of the document are read: all, or as many as the service reads ahead.
  void Push(RequestId id) {
    Request& request = requests_.at(id);
    const int ahead = pattern_.pages_ahead == 0 ? request.spec.pages : pattern_.pages_ahead;
    while (request.pushed < std::min(request.spec.pages, request.done + ahead)) {
      EXPECT_TRUE(policy_.Push({id, request.pushed++}, now_));
    }
  }

  /// The service ends: no slot works any more.
  void LeaveAll() {
    for (auto& [id, request] : requests_) {
      if (request.end == End::kNone) CheckWaiting(request, policy_.Leave(id));
      if (request.end == End::kNone) request.end = End::kStuck;
    }
  }

  void Leave(RequestId id) {
    Request& request = requests_.at(id);
    if (request.end != End::kNone) return;
    CheckWaiting(request, policy_.Leave(id));
    request.end = End::kLeft;
  }

  /// What did not wait was taken before, and what was taken does not wait: no page is in two places or in none.
  static void CheckWaiting(const Request& request, const std::vector<int>& waiting) {
    EXPECT_EQ(request.taken.size() + waiting.size(), static_cast<std::size_t>(request.pushed));
    for (const int page : waiting) EXPECT_FALSE(request.taken.contains(page));
  }

  void Expire() {
    for (const Policy::Expired& expired : policy_.Expire(now_)) {
      Request& request = requests_.at(expired.request);
      EXPECT_EQ(request.end, End::kNone) << "ended twice";
      EXPECT_EQ(expired.passed, now_ >= request.spec.deadline.time());
      if (!expired.passed) {
        EXPECT_LT(request.taken.size(), static_cast<std::size_t>(request.spec.pages)) << "all of it is with the slots";
      }
      CheckWaiting(request, expired.waiting);
      request.end = End::kExpired;
    }
  }

  void FindStuck() {
    for (const Policy::Stuck& stuck : policy_.FindStuck(now_)) {
      for (const PageRef& page : stuck.pages) {
        Request& request = requests_.at(page.request);
        if (request.end != End::kNone) continue;
        policy_.Leave(page.request);
        request.end = End::kStuck;
      }
      if (pattern_.replaceable) policy_.Replace(stuck.slot);
      running_.erase(stuck.slot);
    }
  }

  void FillSlots() {
    while (const auto assignment = policy_.Take(now_)) {
      ASSERT_FALSE(running_.contains(assignment->slot)) << "two inferences in one slot";
      ASSERT_LE(assignment->pages.size(), static_cast<std::size_t>(pattern_.options.batches.max_batch_size));
      ASSERT_FALSE(assignment->pages.empty());
      for (const PageRef& page : assignment->pages) Take(page);
      running_[assignment->slot] = {++work_, assignment->pages};
      if (Uniform() < pattern_.hang_share) continue;  // never done
      double factor = 1 + pattern_.page_time_spread * (2 * Uniform() - 1);
      if (Uniform() < pattern_.slow_share) factor *= 30;
      const auto time = std::chrono::duration<double>(pattern_.page_time) * factor;
      events_.push({.time = now_ + std::chrono::duration_cast<Duration>(time),
                    .kind = Event::Kind::kDone,
                    .slot = assignment->slot,
                    .work = work_,
                    .failed = Uniform() < pattern_.failure_share});
    }
  }

  void Take(const PageRef& page) {
    Request& request = requests_.at(page.request);
    EXPECT_EQ(request.end, End::kNone) << "a slot infers for nobody";
    EXPECT_LT(now_, request.spec.deadline.time()) << "a slot infers what is too late already";
    EXPECT_EQ(page.page, request.next_taken++) << "pages out of order";
    EXPECT_TRUE(request.taken.insert(page.page).second) << "inferred twice";
  }

  void Done(const Event& event) {
    const auto running = running_.find(event.slot);
    if (running == running_.end() || running->second.first != event.work) return;  // stuck and replaced meanwhile
    const std::vector<PageRef> pages = running->second.second;
    running_.erase(running);
    EXPECT_TRUE(policy_.Complete(event.slot, event.failed, now_));
    for (const PageRef& page : pages) {
      Request& request = requests_.at(page.request);
      if (request.end != End::kNone) continue;  // the caller had left
      ++request.done;
      if (event.failed || request.done == request.spec.pages) {
        request.end = event.failed ? End::kFailed : End::kAnswered;
        policy_.Leave(page.request);
        if (!event.failed) ++answered_;
      } else {
        Push(page.request);
      }
    }
  }

  void CheckLimits() {
    const Policy::Options& options = pattern_.options;
    EXPECT_LE(policy_.waiting_requests(), options.queue_capacity + options.spare_places);
    EXPECT_LE(policy_.busy() + policy_.stuck(), options.slots);
    EXPECT_EQ(policy_.busy(), static_cast<int>(running_.size()));
    // No slot idles while a page waits, but for a batch to come together or the breaker.
    const bool patient = options.batches.max_batch_size > 1 || policy_.breaker(now_) != Breaker::State::kClosed;
    if (!patient && policy_.waiting_pages() > 0) {
      EXPECT_EQ(policy_.busy() + policy_.stuck(), options.slots);
    }
  }

  void CheckEnd() {
    for (const auto& [id, request] : requests_) EXPECT_NE(request.end, End::kNone) << "lost";
    EXPECT_EQ(policy_.requests(), 0U);
    EXPECT_EQ(policy_.waiting_pages(), 0U);
    EXPECT_EQ(policy_.waiting_requests(), 0U);
    EXPECT_EQ(policy_.load(), 0);
    EXPECT_TRUE(running_.empty());
  }

  const Pattern pattern_;
  std::mt19937 random_;
  Policy policy_;
  TimePoint now_{seconds(1000)};
  std::priority_queue<Event> events_;
  std::map<RequestId, Request> requests_;
  std::map<int, std::pair<std::uint64_t, std::vector<PageRef>>> running_;  ///< by slot
  std::uint64_t work_ = 0;
  int steps_ = 0;
  int answered_ = 0;
  int refused_ = 0;
};

TEST(PolicySimulation, NothingIsLostWhateverComes) {
  constexpr std::uint32_t kPatterns = 5000;
  std::int64_t answered = 0;
  std::int64_t refused = 0;
  for (std::uint32_t seed = 1; seed <= kPatterns; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    Simulation simulation(RandomPattern(random), seed);
    simulation.Run();
    answered += simulation.answered();
    refused += simulation.refused();
    if (testing::Test::HasFailure()) return;
  }
  // The patterns are of both kinds: some too much, some not.
  EXPECT_GT(answered, kPatterns * 10);
  EXPECT_GT(refused, kPatterns * 10);
}

/// What is accepted is answered in time: with times that vary by a fifth and ten times as much work as can be done, at
/// most one in fifty accepted requests is late.
TEST(PolicySimulation, AcceptsWhatItCanAnswerInTime) {
  int accepted = 0;
  int late = 0;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    Policy::Options options;
    options.slots = 2;
    options.first_guess = milliseconds(100);
    Policy policy(options);
    TimePoint now{seconds(1000)};
    std::map<RequestId, TimePoint> deadline;
    std::multimap<TimePoint, Policy::Assignment> running;
    std::exponential_distribution<> gap(200);
    std::uniform_real_distribution<> spread(0.8, 1.2);
    for (int i = 0; i < 2000; ++i) {
      const TimePoint arrival = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(gap(random)));
      while (!running.empty() && running.begin()->first <= arrival) {
        now = running.begin()->first;
        const Policy::Assignment done = running.begin()->second;
        running.erase(running.begin());
        policy.Complete(done.slot, false, now);
        policy.Leave(done.pages[0].request);
        late += static_cast<int>(policy.Expire(now).size());
        while (const auto next = policy.Take(now)) {
          running.emplace(now + std::chrono::duration_cast<Duration>(milliseconds(100) * spread(random)), *next);
        }
      }
      now = arrival;
      const auto id = policy.Admit({.client = "a", .deadline = Deadline::At(now + seconds(2))}, now);
      if (!id) continue;
      ++accepted;
      policy.Push({*id, 0}, now);
      while (const auto next = policy.Take(now)) {
        running.emplace(now + std::chrono::duration_cast<Duration>(milliseconds(100) * spread(random)), *next);
      }
    }
  }

  EXPECT_GT(accepted, 50 * 180);  // the slots were never without work: 10 s of 20 pages a second
  EXPECT_LE(late, accepted / 50);
}

/// A machine that stands still for a while, or one page that takes long: those behind it are served as before, although
/// all of them ask for an answer sooner than that page took.
TEST(PolicySimulation, RecoversFromASlowPage) {
  for (const int slots : {1, 2, 4}) {
    Policy::Options options;
    options.slots = slots;
    Policy policy(options);
    TimePoint now{seconds(1000)};
    int accepted = 0;
    for (int i = 0; i < 100; ++i) {
      const auto id = policy.Admit({.client = "a", .deadline = Deadline::At(now + milliseconds(500))}, now);
      const bool first = i == 0;
      if (id) {
        ++accepted;
        policy.Push({*id, 0}, now);
        const auto taken = policy.Take(now);
        ASSERT_TRUE(taken);
        now += first ? seconds(30) : milliseconds(100);
        policy.Complete(taken->slot, false, now);
        policy.Leave(*id);
      }
      now += milliseconds(10);
    }
    EXPECT_EQ(accepted, 100) << slots << " slots";
  }
}

/// A machine that slows down by half leaves a queue of which all would be late. Slots do not go on to infer each page a
/// moment too late: what cannot be in time any more is given up, and what comes behind it is in time again.
TEST(PolicySimulation, DoesNotWorkForNothingWhenTheMachineSlowsDown) {
  Policy::Options options;
  options.slots = 1;
  options.first_guess = milliseconds(100);
  Policy policy(options);
  std::map<RequestId, TimePoint> deadlines;
  const TimePoint start{seconds(1000)};
  int inferred = 0;
  int late = 0;
  for (TimePoint now = start; now < start + seconds(120);) {
    // Ten times as many come as can be answered.
    for (int i = 0; i < 10; ++i) {
      const TimePoint deadline = now + seconds(2);
      const auto id = policy.Admit({.client = "a", .deadline = Deadline::At(deadline)}, now);
      if (!id) continue;
      deadlines[*id] = deadline;
      policy.Push({*id, 0}, now);
    }
    policy.Expire(now);
    const auto taken = policy.Take(now);
    ASSERT_TRUE(taken);
    const bool slow = (now - start) / seconds(10) % 2 == 1;
    now += slow ? milliseconds(150) : milliseconds(100);
    ++inferred;
    late += now > deadlines.at(taken->pages[0].request) ? 1 : 0;
    policy.Complete(taken->slot, false, now);
    policy.Leave(taken->pages[0].request);
  }

  EXPECT_LE(late, inferred / 20);
}

}  // namespace
}  // namespace doclayout::scheduler
