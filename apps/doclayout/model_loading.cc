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

  std::optional<Model> Wait() {
    const MutexLock lock(mutex_);
    while (!stopped_ && !model_) changed_.Wait(mutex_);
    return stopped_ ? std::nullopt : std::exchange(model_, std::nullopt);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::optional<Model> model_ GUARDED_BY(mutex_);
};

}  // namespace

std::optional<Model> LoadUnlessStopped(const config::InferenceConfig& config, const EngineWishes& wishes,
                                       StopRequest& stop) {
  const auto loading = std::make_shared<Loading>();
  std::thread thread([loading, config, wishes] {
    NameThread("model-load");
    loading->Set(Guarded([&]() -> Model {
      auto loaded = LoadModel(config, wishes);
      if (!loaded) return Fail(std::move(loaded.error()));
      return ServedModel::Create(std::move(*loaded));
    }));
  });
  stop.OnAsked([loading] { loading->Stop(); });
  std::optional<Model> model = loading->Wait();
  stop.OnAsked(nullptr);
  if (model) {
    thread.join();
  } else {
    thread.detach();
  }
  return model;
}

}  // namespace doclayout
