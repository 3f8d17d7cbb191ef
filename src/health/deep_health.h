#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "health/health.h"
#include "health/inference_pace.h"
#include "health/region_match.h"
#include "metrics/registry.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout::health {

/// A page of which is known what a model finds on it.
struct GoldenPage {
  std::shared_ptr<const Page> page;
  /// Nullopt: nobody has recorded it; what is found first is what is expected from then on.
  std::optional<std::vector<Region>> regions;
};

/// Layer 3: does the model really infer, in time, and well? Infers a page as a user's would be, in the same queue, and
/// judges what comes back: when asked, and on a period of its own.
///
/// Thread-safe; no function blocks but the destructor, for milliseconds. One inference at a time, whoever asks: calls
/// for the same page share it, others wait for their turn. Every call is answered: by `timeout` and a moment, whatever
/// hangs.
class DeepHealth {
  struct State;

 public:
  /// What came of a page.
  struct Sample {
    PageLayout layout;
    Duration queued{0};
    Duration inference{0};
  };
  using SampleDone = std::function<void(Result<Sample>)>;
  /// Has the page inferred by then and calls back, once, from any thread, maybe before it returns. Must not block.
  using Infer = std::function<void(std::shared_ptr<const Page> page, Deadline deadline, SampleDone done)>;
  /// On this object's own thread, or on the caller's where nothing is inferred; must be short.
  using Done = std::function<void(const Report&)>;
  /// The same of a page of the caller's, which may turn out to be none.
  using PageDone = std::function<void(const Result<Report>&)>;
  /// Reads such a page, on this object's own thread, when it is its turn: so that no more than one is in memory.
  using ReadPage = std::function<Result<std::shared_ptr<const Page>>()>;

  struct Options {
    Duration period = std::chrono::seconds(30);     ///< between the ends of two checks; 0: only when asked
    Duration timeout = std::chrono::seconds(20);    ///< then the caller is told that it takes that long: a warning
    Duration lost_after = std::chrono::seconds(2);  ///< behind that, when nothing at all is heard of a page
    InferencePace::Options pace;
    MatchLimits match;
  };

  /// Must outlive it, but `infer` and `others`, which keep what they use.
  struct Dependencies {
    Infer infer;
    /// What else is looked at right behind the inference: a GPU's memory, drift. Always the same checks. On this
    /// object's own thread it may measure, and block for some seconds; asked to look only, it must not. May be empty.
    enum class Look { kMeasure, kLookOnly };
    std::function<std::vector<Check>(Look)> others;
    metrics::Registry& registry;
    Logger& logger;
    const Clock& clock;
  };

  /// Its metrics are there from now on; nothing is inferred before `Start`, but when asked.
  DeepHealth(const Options& options, Dependencies dependencies);
  ~DeepHealth();

  DeepHealth(const DeepHealth&) = delete;
  DeepHealth& operator=(const DeepHealth&) = delete;

  /// Whoever waits is answered, and nothing is inferred any more. By the owner; the destructor does it too.
  void Stop();

  /// There is a model, or another one: what was known of the last one's pace is forgotten.
  void SetGolden(GoldenPage golden);

  /// Checks on the period from now on, beginning with one at once.
  void Start();

  /// With the golden page, which goes before callers' pages. Before there is one the report is unhealthy.
  void Ask(const Done& done);
  /// The same with so much time instead of `timeout`, unless it joins one that was asked for before.
  void Ask(const Done& done, Duration timeout);

  /// With a page of the caller's; `key` tells pages apart. False when so many wait that this one is not taken.
  bool AskAbout(std::string key, ReadPage read, PageDone done);

  /// Whether one more caller's page would be taken now.
  bool HasRoom() const;

  /// What the last check with the golden page said; until then that there was none.
  Report last() const;

  /// The same in one check `deep_health`, for readiness; a verdict that is old is a warning.
  Check Verdict() const;

 private:
  /// An inference that is asked for, or runs, and who waits for it.
  struct Job {
    std::string key;  ///< empty: the golden page
    Duration timeout;
    ReadPage read;                       ///< of a caller's page
    std::shared_ptr<const Page> golden;  ///< which golden page it was begun with
    std::vector<PageDone> waiting;
  };
  static bool Enqueue(State& state, Job job);
  static void Begin(const std::shared_ptr<State>& state);
  static void Take(const std::shared_ptr<State>& state, std::uint64_t run, Result<Sample> sample);
  static void Finish(const std::shared_ptr<State>& state, const Result<Sample>& sample);
  static void Watch(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;  // callbacks may come when this object is gone
  std::thread thread_;
};

}  // namespace doclayout::health
