#include "bench/load.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace doclayout::bench {
namespace {

using std::chrono::steady_clock;

/// Of the closed loop's callers that found no connection: without it they would ask as fast as the machine can.
constexpr Duration kAfterFailure = std::chrono::milliseconds(100);

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

double ToSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::unique_ptr<Arrivals> MakeArrivals(const StepPlan& plan, bool poisson, std::uint64_t seed) {
  if (plan.rate == 0) return ClosedLoop(plan.connections);
  return poisson ? PoissonArrivals(plan.rate, seed) : ConstantArrivals(plan.rate);
}

}  // namespace

/// One step, from its first request to its last answer.
class Load::Step {
 public:
  Step(Load& load, const StepPlan& plan)
      : load_(load),
        number_(load.steps_),
        start_(steady_clock::now()),
        measured_from_(start_ + FromSeconds(plan.warm_up_s)),
        end_(measured_from_ + FromSeconds(plan.duration_s)),
        sample_every_(std::min<Duration>(std::chrono::seconds(1), FromSeconds(plan.duration_s / 4))),
        next_sample_(start_),
        arrivals_(
            MakeArrivals(plan, load.options_.poisson, load.options_.seed + static_cast<std::uint64_t>(load.steps_))) {
    result_.plan = plan;
  }

  StepResult Run() {
    const auto on_end = [this](const Ticket& ticket, const Ending& ending) { Take(ticket, ending); };
    const auto on_metrics = [this](const std::string& text) { TakeMetrics(text); };
    TimePoint now = start_;
    load_.timeline_.AdvanceTo(now, 0, number_);
    while (!over_ || load_.transfers_.in_flight() > 0) {
      if (load_.interrupt_.Came()) return Interrupted(now, on_end);
      SendDue(now);
      load_.transfers_.Poll(NextMoment(), on_end, on_metrics);
      now = steady_clock::now();
      Observe(now);
    }
    result_.service = watch_.Use();
    return std::move(result_);
  }

 private:
  TimePoint NextMoment() const {
    TimePoint next = last_second_ + std::chrono::seconds(1);
    if (over_) return next;
    next = std::min({next, next_sample_, end_});
    if (!measuring_) next = std::min(next, measured_from_);
    const auto due = arrivals_->Next();
    if (due && load_.transfers_.HasRoom()) next = std::min(next, start_ + *due);
    return next;
  }

  /// What is due by now and belongs to this step.
  std::optional<TimePoint> NextDue(TimePoint now) const {
    const auto since_start = arrivals_->Next();
    if (!since_start) return std::nullopt;
    const TimePoint due = start_ + *since_start;
    if (due > now || due >= end_) return std::nullopt;
    return due;
  }

  void SendDue(TimePoint now) {
    while (const auto due = NextDue(now)) {
      if (!load_.transfers_.HasRoom()) {
        full_ = true;
        if (now < end_) return;
        Skip(*due, now);
        continue;
      }
      const Duration left = FromSeconds(load_.options_.timeout_s) - (now - *due);
      if (left <= Duration::zero()) {
        Skip(*due, now);
        continue;
      }
      Send(*due, left);
      now = steady_clock::now();
    }
    full_ = false;
    if (now >= end_) over_ = true;
  }

  void Send(TimePoint due, Duration left) {
    const Ticket ticket{.due = due, .sent = steady_clock::now(), .measured = due >= measured_from_};
    arrivals_->Take();
    load_.timeline_.CountDue();
    if (!ticket.measured) {
      ++result_.warm_up_requests;
    } else if (full_) {
      ++result_.held_back;
    } else {
      result_.late.Record(ticket.sent - due);
    }
    const auto& bodies = load_.pages_.bodies;
    load_.transfers_.Start(bodies[load_.next_page_++ % bodies.size()], left, ticket);
  }

  /// A request that nobody waits for any more, before it was sent.
  void Skip(TimePoint due, TimePoint now) {
    const Ticket ticket{.due = due, .sent = now, .measured = due >= measured_from_};
    arrivals_->Take();
    load_.timeline_.CountDue();
    if (!ticket.measured) ++result_.warm_up_requests;
    Take(ticket,
         {.outcome = Outcome::kNotSent, .at = now, .detail = "all connections were in use until it was too late"});
  }

  void Take(const Ticket& ticket, const Ending& ending) {
    const Duration latency = ending.at - ticket.due;
    load_.timeline_.CountOutcome(ending.outcome, latency);
    const bool ok = ending.outcome == Outcome::kOk;
    if (ok && ending.at >= measured_from_ && ending.at < end_) ++result_.ok_within;
    const bool failed = !IsAnswered(ending.outcome);
    arrivals_->Release(ending.at - start_ + (failed ? kAfterFailure : Duration::zero()));
    if (!ticket.measured) return;
    ++result_.counts.at(static_cast<std::size_t>(ending.outcome));
    if (ok) {
      result_.ok.Record(latency);
      result_.ok_from_send.Record(ending.at - ticket.sent);
      return;
    }
    if (ending.outcome == Outcome::kRefused) {
      result_.refused.Record(latency);
      result_.refused_from_send.Record(ending.at - ticket.sent);
    }
    if (const auto retry = ending.retry_after_s) {
      result_.least_retry_s = std::min(result_.least_retry_s.value_or(*retry), *retry);
      result_.most_retry_s = std::max(result_.most_retry_s.value_or(*retry), *retry);
    }
    if (ending.outcome != Outcome::kUnfinished) {
      result_.examples.try_emplace(ending.outcome, Example{.status = ending.status, .detail = ending.detail});
    }
  }

  void TakeMetrics(const std::string& text) {
    MetricsSample sample = ReadMetrics(text);
    const TimePoint now = steady_clock::now();
    sample.at_s = ToSeconds(now - start_);
    load_.timeline_.SetService(sample.slots_busy, sample.queued);
    if (measuring_ && !over_) watch_.Add(sample);
  }

  void Observe(TimePoint now) {
    const int in_flight = load_.transfers_.in_flight();
    load_.timeline_.AdvanceTo(now, in_flight, number_);
    if (!measuring_ && now >= measured_from_) {
      measuring_ = true;
      result_.in_flight_at_start = in_flight;
      cpu_at_start_ = ThreadCpuSeconds();
    }
    if (measuring_ && !measured_ && now >= end_) EndMeasuring(end_, in_flight);
    if (now >= next_sample_ && !over_) {
      load_.transfers_.AskForMetrics();
      next_sample_ = now + sample_every_;
    }
    if (now >= last_second_ + std::chrono::seconds(1)) {
      last_second_ = now;
      if (!measured_) result_.measured_s = std::max(0.0, ToSeconds(now - measured_from_));
      if (load_.options_.on_second) load_.options_.on_second(result_);
    }
  }

  void EndMeasuring(TimePoint at, int in_flight) {
    measured_ = true;
    result_.measured_s = std::max(0.0, ToSeconds(at - measured_from_));
    result_.in_flight_at_end = in_flight;
    if (result_.measured_s > 0) result_.generator_cpu = (ThreadCpuSeconds() - cpu_at_start_) / result_.measured_s;
  }

  template <typename OnEnd>
  StepResult Interrupted(TimePoint now, const OnEnd& on_end) {
    load_.interrupted_ = true;
    result_.interrupted = true;
    if (!measured_) EndMeasuring(std::min(now, end_), load_.transfers_.in_flight());
    load_.transfers_.CutOff(on_end);
    result_.service = watch_.Use();
    return std::move(result_);
  }

  Load& load_;
  const int number_;
  const TimePoint start_;
  const TimePoint measured_from_;
  const TimePoint end_;
  const Duration sample_every_;
  TimePoint next_sample_;
  TimePoint last_second_ = start_;
  const std::unique_ptr<Arrivals> arrivals_;
  StepResult result_;
  ServiceWatch watch_;
  bool measuring_ = false;
  bool measured_ = false;
  bool over_ = false;  ///< no more requests are sent
  bool full_ = false;  ///< requests are late because all connections are in use
  double cpu_at_start_ = 0;
};

Load::Load(const Options& options, Transfers& transfers, const Pages& pages, Interrupt& interrupt)
    : options_(options), transfers_(transfers), pages_(pages), interrupt_(interrupt), timeline_(steady_clock::now()) {}

StepResult Load::Run(const StepPlan& plan) {
  StepResult result = Step(*this, plan).Run();
  ++steps_;
  return result;
}

void Load::Finish() {
  timeline_.Finish(steady_clock::now(), transfers_.in_flight());
}

}  // namespace doclayout::bench
