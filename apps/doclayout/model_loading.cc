#include "model_loading.h"

#include <thread>
#include <utility>

#include "base/cpu.h"
#include "base/guarded.h"
#include "base/mutex.h"

namespace doclayout {
namespace {

using Model = Result<std::shared_ptr<ServedModel>>;

/// What the thread that loads and the one that waits share; whoever is last ends it.
class Loading {
 public:
  void Set(Model model) {
    const MutexLock lock(mutex_);
    model_ = std::move(model);
    changed_.NotifyAll();
  }

  void Stop() {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }

  void SetPhase(health::Phase phase) {
    const MutexLock lock(mutex_);
    phase_ = phase;
    changed_.NotifyAll();
  }

  /// Tells of phases on this thread: the other one may be left to itself.
  std::optional<Model> Wait(const std::function<void(health::Phase)>& on_phase) {
    health::Phase told = health::Phase::kLoading;
    const MutexLock lock(mutex_);
    while (!stopped_ && !model_) {
      if (phase_ != told) on_phase(told = phase_);
      changed_.Wait(mutex_);
    }
    return stopped_ ? std::nullopt : std::exchange(model_, std::nullopt);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  health::Phase phase_ GUARDED_BY(mutex_) = health::Phase::kLoading;
  std::optional<Model> model_ GUARDED_BY(mutex_);
};

}  // namespace

std::optional<Model> LoadUnlessStopped(const ModelLoading& what, StopRequest& stop) {
  const auto loading = std::make_shared<Loading>();
  // Copies: the thread may be left to itself.
  std::thread thread([loading, config = what.config, wishes = what.wishes, golden_file = what.golden_file] {
    NameThread("model-load");
    loading->Set(Guarded([&]() -> Model {
      auto loaded = LoadModel(config, wishes, [&loading] { loading->SetPhase(health::Phase::kCompiling); });
      if (!loaded) return Fail(std::move(loaded.error()));
      return ServedModel::Create(std::move(*loaded), golden_file, NamedGolden::kMustFit);
    }));
  });
  stop.OnAsked([loading] { loading->Stop(); });
  std::optional<Model> model = loading->Wait(what.on_phase);
  stop.OnAsked(nullptr);
  if (model) {
    thread.join();
  } else {
    thread.detach();
  }
  return model;
}

}  // namespace doclayout
