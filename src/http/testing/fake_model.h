#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "http/analyze/page_service.h"
#include "types/analyze_parameters.h"
#include "types/page.h"
#include "types/page_layout.h"

namespace doclayout::http {

/// One region "text" over the whole page.
inline Result<PageLayout> OneRegion(const Page& page) {
  PageLayout layout{.index = page.index, .width = page.size().width, .height = page.size().height};
  layout.regions.push_back({.label = "text", .score = 0.5F, .bbox = {0, 0, 1, 1}});
  return layout;
}

/// What a test says that a model does; each may be empty.
struct FakeModelSteps {
  std::function<Result<PageLayout>(const Page&)> infer = OneRegion;  ///< on a slot's thread
  std::function<void(const AnalyzeParameters&)> see_parameters;      ///< on a thread of the pool
  std::function<Result<void>(const AnalyzeParameters&)> check_parameters;
  bool replaces_slots = false;
  std::string name = "fake";
};

/// A model for `ScheduledPages`, without inference.
class FakeModel {
 public:
  using Input = Page;
  using Output = PageLayout;

  explicit FakeModel(FakeModelSteps steps)
      : steps_(std::move(steps)),
        identity_{.name = steps_.name, .sha256 = "00", .family = "none", .runtime = "nothing"} {}

  const ModelIdentity& identity() const { return identity_; }
  PageSize input_size() const { return {.width = 8, .height = 8}; }
  Result<void> CheckParameters(const AnalyzeParameters& parameters) const {
    if (!steps_.check_parameters) return {};
    return steps_.check_parameters(parameters);
  }
  Result<Page> Prepare(const Page& page) const {
    Page copy{.index = page.index, .image = Image(page.image.width(), page.image.height()), .whole = page.whole};
    return copy;
  }
  std::size_t BytesOf(const Page& page) const { return page.image.bytes().size(); }
  Result<std::vector<PageLayout>> Infer(std::span<const Page* const> pages) {
    std::vector<PageLayout> layouts;
    for (const Page* page : pages) {
      Result<PageLayout> layout = steps_.infer(*page);
      if (!layout) return Fail(layout.error());
      layouts.push_back(std::move(*layout));
    }
    return layouts;
  }
  Result<PageLayout> Finish(PageLayout layout, const AnalyzeParameters& parameters) const {
    if (steps_.see_parameters) steps_.see_parameters(parameters);
    return layout;
  }
  bool ReplaceSlot() const { return steps_.replaces_slots; }

 private:
  const FakeModelSteps steps_;
  const ModelIdentity identity_;
};

/// Holds inferences until it is opened, for tests of what happens meanwhile. Thread-safe. Must outlive the server,
/// which opens it at its end, so that no slot waits for ever.
class Gate {
 public:
  std::function<Result<PageLayout>(const Page&)> Guarded() {
    return [this](const Page& page) {
      {
        const MutexLock lock(mutex_);
        ++begun_;
        changed_.NotifyAll();
        while (!open_) changed_.Wait(mutex_);
      }
      return OneRegion(page);
    };
  }
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  /// Blocks until so many inferences have begun.
  void WaitForBegun(int count) {
    const MutexLock lock(mutex_);
    while (begun_ < count) changed_.Wait(mutex_);
  }
  int begun() const {
    const MutexLock lock(mutex_);
    return begun_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool open_ GUARDED_BY(mutex_) = false;
  int begun_ GUARDED_BY(mutex_) = 0;
};

}  // namespace doclayout::http
