#pragma once

#include <optional>
#include <span>
#include <string>

#include "bench/step.h"

namespace doclayout::bench {

/// What the steps say of the service that it was.
struct Suggestion {
  std::optional<double> sustainable;  ///< pages a second, each of which keeps to the objectives
  std::optional<int> slots;           ///< for MAX_CONCURRENT_REQUESTS
  std::optional<int> replicas;        ///< for the target rate
  std::string sentence;               ///< all of it, for people
  std::string slots_reason;           ///< what the number of slots is founded on, or why there is none
};

/// What is known beside the steps.
struct Question {
  Objectives objectives;
  std::optional<int> slots;  ///< that the service has now
  double target_rate = 0;    ///< 0: none
};

/// Sustainable is the highest rate of an open loop that was held, below every one that was not; never more than what
/// was really offered and answered in its time.
///
/// Slots by Little's law: pages that are in work at once = pages a second × time of one page. The highest throughput
/// times the time of a page that had the service for itself is how many pages at once the service gains from; more than
/// that only wait for each other. It cannot tell what more slots than there are would give. Pure.
Suggestion Suggest(std::span<const StepResult> steps, const Question& question);

}  // namespace doclayout::bench
