#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/metrics_text.h"
#include "bench/outcome.h"

namespace doclayout::bench {

/// A load that is held for a time. A plain value.
struct StepPlan {
  double rate = 0;      ///< requests a second of an open loop; 0: a closed loop
  int connections = 0;  ///< callers of a closed loop
  double warm_up_s = 0;
  double duration_s = 0;  ///< behind the warm-up
};

/// "12.5/s" or "8 callers".
std::string LoadText(const StepPlan& plan);

/// What the service has to keep to.
struct Objectives {
  double p99_s = 2;
  double success = 0.99;  ///< least share of good answers
};

/// An answer that was not good, for people.
struct Example {
  long status = 0;     ///< 0: none came
  std::string detail;  ///< by a stranger: escape it
};

/// What one step gave.
///
/// A request belongs to the step in whose time it was due: behind the warm-up and before the end. It is counted once,
/// whenever and however it ended. Throughput is another thing: the good answers that came within that time, whatever
/// step or warm-up they belong to, so that a queue which is emptied afterwards is no throughput.
struct StepResult {
  StepPlan plan;
  double measured_s = 0;  ///< less than planned when the run was interrupted
  bool interrupted = false;
  std::uint64_t warm_up_requests = 0;
  std::array<std::uint64_t, kOutcomes> counts{};
  std::uint64_t ok_within = 0;  ///< good answers that came within the time

  Histogram ok;                 ///< latency of good answers, from the moment the request was due
  Histogram ok_from_send;       ///< the same from the moment it was sent: what hides a queue before the sender
  Histogram refused;            ///< latency of refusals
  Histogram refused_from_send;  ///< the same from the moment it was sent
  Histogram late;               ///< how late requests were sent for no other reason than the generator itself
  std::uint64_t held_back = 0;  ///< sent late because all connections were in use

  std::map<Outcome, Example> examples;                ///< the first of each kind
  std::optional<double> least_retry_s, most_retry_s;  ///< of Retry-After

  int in_flight_at_start = 0;  ///< without an answer yet, when the measured time began
  int in_flight_at_end = 0;
  double generator_cpu = 0;  ///< share of one processor
  ServiceUse service;

  std::uint64_t Count(Outcome outcome) const { return counts.at(static_cast<std::size_t>(outcome)); }
  std::uint64_t Requests() const;
  std::uint64_t Answered() const;
  double Offered() const;     ///< requests a second
  double Throughput() const;  ///< good answers a second
  double Success() const;     ///< share of all requests; 0 when there were none
};

/// The outcomes that a table has columns for: good ones and refusals, and what else there was.
std::vector<Outcome> ToldOutcomes(std::span<const StepResult> steps);

/// Whether a step kept to the objectives, and what was wrong if not.
struct Verdict {
  bool held = false;
  bool generator_fell_behind = false;  ///< then `held` is false and says nothing of the service
  std::string reason;                  ///< "p99 3.2 s is over 2 s"; empty when held
};

/// Beside the objectives it looks at the queue: a rate under which more and more requests wait is not held, however
/// short the wait still is. Of a closed loop only the objectives are looked at. An interrupted step is never held.
Verdict Judge(const StepResult& step, const Objectives& objectives);

}  // namespace doclayout::bench
