#include "bench/timeline.h"

#include <algorithm>
#include <chrono>

namespace doclayout::bench {
namespace {

constexpr std::size_t kMostMoments = 7200;

std::optional<double> Longer(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::max(*a, *b) : (a ? a : b);
}

void Append(Moment& moment, const Moment& next) {
  moment.length_s += next.length_s;
  moment.due += next.due;
  moment.ok += next.ok;
  moment.refused += next.refused;
  moment.failed += next.failed;
  moment.p50_s = Longer(moment.p50_s, next.p50_s);
  moment.p95_s = Longer(moment.p95_s, next.p95_s);
  moment.p99_s = Longer(moment.p99_s, next.p99_s);
  moment.in_flight = next.in_flight;
  if (next.slots_busy) moment.slots_busy = next.slots_busy;
  if (next.queued) moment.queued = next.queued;
}

std::vector<Moment> Halved(const std::vector<Moment>& moments) {
  std::vector<Moment> half;
  half.reserve(moments.size() / 2 + 1);
  bool room = false;
  for (const Moment& moment : moments) {
    if (room && half.back().step == moment.step) {
      Append(half.back(), moment);
      room = false;
    } else {
      half.push_back(moment);
      room = true;
    }
  }
  return half;
}

}  // namespace

void Timeline::CountOutcome(Outcome outcome, Duration latency) {
  if (outcome == Outcome::kOk) {
    ++open_.ok;
    latency_.Record(latency);
  } else if (outcome == Outcome::kRefused) {
    ++open_.refused;
  } else {
    ++open_.failed;
  }
}

void Timeline::SetService(std::optional<double> slots_busy, std::optional<double> queued) {
  open_.slots_busy = slots_busy;
  open_.queued = queued;
}

void Timeline::Close(double end_s, int in_flight) {
  open_.length_s = end_s - open_.start_s;
  open_.in_flight = in_flight;
  if (latency_.count() > 0) {
    open_.p50_s = latency_.Quantile(0.5);
    open_.p95_s = latency_.Quantile(0.95);
    open_.p99_s = latency_.Quantile(0.99);
  }
  latency_.Clear();
  // The rest of a step that ended within an interval is too short to divide by: a single answer would look like many.
  const bool rest = open_.length_s < interval_s_ / 4 && !moments_.empty() && moments_.back().step == open_.step;
  if (rest) {
    Append(moments_.back(), open_);
  } else {
    moments_.push_back(open_);
  }
  open_ = {.start_s = end_s, .step = open_.step};
  if (moments_.size() < kMostMoments) return;
  const std::size_t before = moments_.size();
  moments_ = Halved(moments_);
  if (moments_.size() <= before * 3 / 4) interval_s_ *= 2;
}

void Timeline::AdvanceTo(TimePoint now, int in_flight, int step) {
  const double now_s = std::chrono::duration<double>(now - start_).count();
  while (now_s >= open_.start_s + interval_s_) Close(open_.start_s + interval_s_, in_flight);
  if (step == open_.step) return;
  // An interval of its own for what is left of the old step, if anything was in it.
  if (open_.due + open_.ok + open_.refused + open_.failed > 0 && now_s > open_.start_s) Close(now_s, in_flight);
  open_.step = step;
}

void Timeline::Finish(TimePoint now, int in_flight) {
  AdvanceTo(now, in_flight, open_.step);
  const double now_s = std::chrono::duration<double>(now - start_).count();
  if (now_s > open_.start_s) Close(now_s, in_flight);
}

std::vector<Moment> Thinned(std::vector<Moment> moments, std::size_t most) {
  while (moments.size() > most) {
    const std::size_t before = moments.size();
    moments = Halved(moments);
    if (moments.size() == before) break;  // as many steps as moments
  }
  return moments;
}

}  // namespace doclayout::bench
