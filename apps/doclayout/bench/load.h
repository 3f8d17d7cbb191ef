#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "bench/arrivals.h"
#include "bench/interrupt.h"
#include "bench/pages.h"
#include "bench/step.h"
#include "bench/timeline.h"
#include "bench/transfers.h"

namespace doclayout::bench {

/// Puts a load on a service, step after step, and measures what comes of it.
///
/// Latency counts from the moment a request was due. A request that is sent late, for whatever reason, has the less
/// time left: it is over `timeout` after it was due, as it is for a caller that waits. In a closed loop a request is
/// due when its caller is free.
///
/// Not thread-safe; `Run` blocks for warm-up, duration and at most `timeout` for the answers that are still missing.
class Load {
 public:
  struct Options {
    double timeout_s = 30;
    bool poisson = true;
    std::uint64_t seed = 1;
    /// Called about once a second: the step as far as it is.
    std::function<void(const StepResult&)> on_second;
  };

  /// All have to outlive the load.
  Load(const Options& options, Transfers& transfers, const Pages& pages, Interrupt& interrupt);

  /// After an interrupt: what was measured until then, with the requests on their way as unfinished.
  StepResult Run(const StepPlan& plan);

  bool interrupted() const { return interrupted_; }
  const Timeline& timeline() const { return timeline_; }

  /// Closes the timeline. Once, behind the last step.
  void Finish();

 private:
  class Step;

  const Options options_;
  Transfers& transfers_;
  const Pages& pages_;
  Interrupt& interrupt_;
  Timeline timeline_;
  std::size_t next_page_ = 0;
  int steps_ = 0;
  bool interrupted_ = false;
};

}  // namespace doclayout::bench
