#include "model_reloader.h"

#include <malloc.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "model/model_card.h"

namespace doclayout {

void ModelInfoMetric::Set(const http::ModelIdentity& model) {
  const MutexLock lock(mutex_);
  for (auto& [key, gauge] : gauges_) gauge->Set(0);
  metrics::Gauge*& gauge = gauges_[{model.name, model.family, model.sha256, model.runtime}];
  if (gauge == nullptr) {
    gauge = &registry_.AddGauge(
        "pp_doclayout_model_info", "1 for the model that is served, 0 for those before.",
        {{"name", model.name}, {"family", model.family}, {"sha256", model.sha256}, {"runtime", model.runtime}});
  }
  gauge->Set(1);
}

namespace {

constexpr std::chrono::seconds kLookAtRetired{1};

}  // namespace

/// What the thread uses. All but `load` only while it has not been stopped.
struct ModelReloader::State {
  State(Load load_in, Pages& pages_in, OnExchanged on_exchanged_in, metrics::Registry& registry, Logger& logger_in)
      : load(std::move(load_in)),
        pages(pages_in),
        on_exchanged(std::move(on_exchanged_in)),
        logger(logger_in),
        in_memory(registry.AddGauge("pp_doclayout_models_in_memory",
                                    "The model that is served, and those before that are still in use.")) {
    const auto add = [&](const char* outcome) -> metrics::Counter& {
      return registry.AddCounter("pp_doclayout_model_reloads_total", "Models that were to be exchanged.",
                                 {{"outcome", outcome}});
    };
    in_memory.Set(1);
    succeeded = &add("ok");
    failed = &add("failed");
  }

  void Take(Result<std::shared_ptr<ServedModel>> model, double milliseconds) REQUIRES(mutex);
  void FreeRetired() EXCLUDES(mutex);

  const Load load;
  Pages& pages;
  const OnExchanged on_exchanged;
  Logger& logger;
  metrics::Gauge& in_memory;
  metrics::Counter* succeeded;
  metrics::Counter* failed;

  std::vector<std::shared_ptr<ServedModel>> retired;  ///< that requests may still use; of the thread

  Mutex mutex;
  CondVar changed;
  std::vector<Done> asked GUARDED_BY(mutex);    ///< for the next model
  std::vector<Done> waiting GUARDED_BY(mutex);  ///< for the one that is being loaded
  bool loading GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
  std::thread thread GUARDED_BY(mutex);
};

ModelReloader::ModelReloader(Load load, Pages& pages, OnExchanged on_exchanged, metrics::Registry& registry,
                             Logger& logger)
    : state_(std::make_shared<State>(std::move(load), pages, std::move(on_exchanged), registry, logger)) {
  const MutexLock lock(state_->mutex);
  state_->thread = std::thread([state = state_] { Run(state); });
}

ModelReloader::~ModelReloader() {
  Stop();
}

void ModelReloader::Reload(Done done) {
  {
    const MutexLock lock(state_->mutex);
    if (!state_->stopped) {
      state_->asked.push_back(std::move(done));
      state_->changed.NotifyAll();
      return;
    }
  }
  done(Fail(ErrorCode::kDraining, "the service is shutting down"));
}

bool ModelReloader::Stop() {
  std::vector<Done> told;
  std::thread thread;
  bool idle = true;
  {
    const MutexLock lock(state_->mutex);
    state_->stopped = true;
    state_->changed.NotifyAll();
    told = std::exchange(state_->asked, {});
    for (Done& done : std::exchange(state_->waiting, {})) told.push_back(std::move(done));
    idle = !state_->loading;
    thread = std::move(state_->thread);
  }
  for (const Done& done : told) done(Fail(ErrorCode::kDraining, "the service is shutting down"));
  if (!thread.joinable()) return idle;
  if (idle) {
    thread.join();
  } else {
    thread.detach();
  }
  return idle;
}

void ModelReloader::Run(const std::shared_ptr<State>& state) {
  const SteadyClock clock;
  for (;;) {
    bool wanted = false;
    {
      const MutexLock lock(state->mutex);
      if (state->asked.empty() && !state->stopped) {
        if (state->retired.empty()) {
          state->changed.Wait(state->mutex);
        } else {
          state->changed.WaitFor(state->mutex, kLookAtRetired);
        }
      }
      if (state->stopped) return;
      state->waiting = std::exchange(state->asked, {});
      state->loading = wanted = !state->waiting.empty();
    }
    state->FreeRetired();
    if (!wanted) continue;
    const TimePoint start = clock.Now();
    Result<std::shared_ptr<ServedModel>> model = Guarded([&] { return state->load(); });
    std::vector<Done> told;
    Result<http::ModelIdentity> identity = Fail(ErrorCode::kInternal, "");
    {
      const MutexLock lock(state->mutex);
      state->loading = false;
      if (state->stopped) return;
      if (model) {
        identity = (*model)->identity();
      } else {
        identity = Fail(model.error());
      }
      state->Take(std::move(model), Milliseconds(clock.Now() - start));
      told = std::exchange(state->waiting, {});
    }
    for (const Done& done : told) done(identity);
  }
}

/// Here and not where its last page happens to end, which may be the I/O thread. Not under the mutex, for it takes some
/// milliseconds.
void ModelReloader::State::FreeRetired() {
  const auto unused = std::erase_if(retired, [](const auto& model) { return model.use_count() == 1; });
  if (unused == 0) return;
  malloc_trim(0);
  const MutexLock lock(mutex);
  if (!stopped) in_memory.Set(1 + static_cast<double>(retired.size()));
}

void ModelReloader::State::Take(Result<std::shared_ptr<ServedModel>> model, double milliseconds) {
  if (!model) {
    failed->Increment();
    logger.Write(LogLevel::kError, "model_reload_failed", {{"reason", model.error().message}});
    return;
  }
  const std::shared_ptr<ServedModel> exchanged = *model;
  const http::ModelIdentity& identity = exchanged->identity();
  retired.push_back(pages.model());
  pages.Exchange(std::move(*model));
  in_memory.Set(1 + static_cast<double>(retired.size()));
  on_exchanged(*exchanged);
  succeeded->Increment();
  logger.Write(LogLevel::kInfo, "model_reloaded",
               {{"model", identity.name}, {"sha256", identity.sha256}, {"ms", milliseconds}});
}

Result<std::shared_ptr<ServedModel>> LoadAndWarm(const config::InferenceConfig& config, const EngineWishes& wishes,
                                                 const std::string& golden_file) {
  Result<LoadedModel> loaded = LoadModel(config, wishes);
  if (!loaded) return Fail(std::move(loaded.error()));
  Result<std::shared_ptr<ServedModel>> model =
      ServedModel::Create(std::move(*loaded), golden_file, NamedGolden::kMayBeOfAnother);
  if (!model) return model;
  if (const Result<void> warm = (*model)->WarmUp(); !warm) return Fail(warm.error());
  return model;
}

}  // namespace doclayout
