#pragma once

#include <atomic>
#include <string_view>

#include "health/health.h"

namespace doclayout::health {

/// How far the service has come on its way to serving.
enum class Phase {
  kLoading,    ///< the model's file is read and checked
  kCompiling,  ///< the runtime makes the model ready for this processor
  kWarming,    ///< a real page is inferred
  kServing,
};

/// "loading", "compiling", "warming" or "serving".
std::string_view PhaseName(Phase phase);

/// Whether this process should get requests. Set by the composition root, read by health answers and the server.
/// Thread-safe, lock-free.
class Readiness {
 public:
  /// Whatever the setting thread did before is seen by whoever then finds `model_loaded`.
  void SetPhase(Phase phase) { phase_.store(phase); }
  void SetModelLoaded() { SetPhase(Phase::kServing); }
  void SetDraining() { draining_.store(true); }

  Phase phase() const { return phase_.load(); }
  /// And warm.
  bool model_loaded() const { return phase() == Phase::kServing; }
  bool draining() const { return draining_.load(); }
  bool ready() const { return model_loaded() && !draining(); }

 private:
  std::atomic<Phase> phase_{Phase::kLoading};
  std::atomic<bool> draining_{false};
};

/// How the slots of the model fare. A plain value.
struct Slots {
  int count = 0;
  int stuck = 0;        ///< whose inference did not end in the time that it is given
  bool broken = false;  ///< inferences failed one after another: for a while none is begun
  bool tried = false;   ///< and now one page at a time is, to see whether it is well again
};

Check CheckModel(const Readiness& readiness);
Check CheckSlots(const Slots& slots);
Check CheckEngine(const Slots& slots);
Check CheckDraining(const Readiness& readiness);

/// Whether the start is over: a report of its own, because nothing that comes later undoes it.
Report StartupReport(const Readiness& readiness);

}  // namespace doclayout::health
