#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/mutex.h"
#include "http/analyze/page_service.h"
#include "scheduler/scheduler.h"

namespace doclayout::http {

/// The page service over a scheduler and a model of type `Model`, which has
///
///     using Input = …;                                    // a page as the model takes it; moves
///     using Output = …;                                   // what it gave for a page; moves
///     const ModelIdentity& identity() const;
///     PageSize input_size() const;                        // what `Prepare` scales pages to
///     Result<void> CheckParameters(const AnalyzeParameters&) const;
///     Result<Input> Prepare(const Page&) const;
///     std::size_t BytesOf(const Input&) const;            // memory that it holds
///     Result<std::vector<Output>> Infer(std::span<const Input* const>);
///     Result<PageLayout> Finish(Output, const AnalyzeParameters&) const;
///     bool ReplaceSlot();                                 // a slot hangs: whether another may infer in its place
///
/// all thread-safe: `Prepare` and `Finish` run on the pool's threads, `Infer` on the slots'. Inputs and outputs live
/// no longer than the model that they are of.
///
/// The model can be exchanged while requests run: each keeps the one that it was admitted with. A slot that hangs keeps
/// its model for ever.
template <typename Model>
class ScheduledPages final : public PageService {
 public:
  struct Options {
    scheduler::Policy::Options policy;
    scheduler::TaskPool::Options pool;
    /// A slot is stuck; `replaced`: another does its work. On the scheduler's thread; must not block.
    std::function<void(int slot, bool replaced)> on_stuck;
    /// A user's page took so long in the model, and its request has left meanwhile. On a slot's thread; may be empty.
    std::function<void(Duration inference)> on_left;
  };

  ScheduledPages(const Options& options, std::shared_ptr<Model> model, const Clock& clock)
      : clock_(clock),
        slots_(options.policy.slots),
        model_(std::make_shared<Current>(std::move(model))),
        scheduler_({.policy = options.policy, .niceness = options.pool.niceness},
                   {.infer = [](int, std::span<Job> jobs) { return Infer(jobs); },
                    .replace = [current = model_](int) { return current->Get()->ReplaceSlot(); },
                    .on_stuck = options.on_stuck,
                    .on_left =
                        [on_left = options.on_left](const Job& job, const scheduler::PageTimes& times) {
                          if (on_left && !job.reserved) on_left(times.inference);
                        }},
                   clock),
        pool_(options.pool) {}

  /// Tells whoever still waits (`kDraining`); waits for pages that are in slots which are not stuck.
  ~ScheduledPages() override { scheduler_.Stop(); }

  /// Tells whoever still waits (`kDraining`), and waits for pages in slots for `patience` at most. False when a thread
  /// still infers: then the process must not end in the normal way. By the owner.
  bool Stop(Duration patience) { return scheduler_.Stop(patience); }

  ScheduledPages(const ScheduledPages&) = delete;
  ScheduledPages& operator=(const ScheduledPages&) = delete;

  ModelIdentity model_identity() const override { return model_->Get()->identity(); }
  Result<void> CheckParameters(const AnalyzeParameters& parameters) const override {
    return model_->Get()->CheckParameters(parameters);
  }
  std::optional<scheduler::Refusal> Judge(const scheduler::RequestSpec& spec) const override {
    return scheduler_.Judge(spec);
  }
  tl::expected<std::shared_ptr<PageRequest>, scheduler::Refusal> Admit(const scheduler::RequestSpec& spec,
                                                                       const AnalyzeParameters& parameters,
                                                                       Listener listener) override {
    const auto shared = std::make_shared<const Shared>(Shared{model_->Get(), parameters, std::move(listener)});
    const auto id = scheduler_.Admit(
        spec, {.on_page = [this, shared](
                              int page, Result<Inferred> result,
                              const scheduler::PageTimes& times) { Finish(shared, page, std::move(result), times); },
               .on_end = [shared](Error error) { shared->listener.on_end(std::move(error)); }});
    if (!id) return tl::unexpected(id.error());
    return std::make_shared<Admitted>(*this, *id, shared->model, spec.reserved);
  }
  void Post(scheduler::TaskPool::Kind kind, scheduler::TaskPool::Task task) override {
    pool_.Post(kind, std::move(task));
  }
  void ObserveOverhead(Duration time) override { scheduler_.ObserveOverhead(time); }
  int pages_ahead() const override { return slots_ + 1; }
  Load load() const override {
    return scheduler_.Inspect([this](const scheduler::Policy& policy, TimePoint now) {
      return Load{.waiting_requests = policy.waiting_requests(),
                  .waiting_pages = policy.waiting_pages(),
                  .slots = slots_,
                  .busy = policy.busy(),
                  .stuck = policy.stuck(),
                  .load_ratio = policy.load(),
                  .breaker = policy.breaker(now)};
    });
  }

  health::Slots slots() const override {
    const auto health = scheduler_.health();
    return {.count = slots_,
            .stuck = health.stuck,
            .broken = health.breaker == scheduler::Breaker::State::kOpen,
            .tried = health.breaker == scheduler::Breaker::State::kHalfOpen};
  }

  /// Requests that are admitted from now on are analysed by `model`. Thread-safe.
  void Exchange(std::shared_ptr<Model> model) { model_->Set(std::move(model)); }
  std::shared_ptr<Model> model() const { return model_->Get(); }

 private:
  using Input = typename Model::Input;
  using Output = typename Model::Output;

  /// The model of new requests.
  class Current {
   public:
    explicit Current(std::shared_ptr<Model> model) : model_(std::move(model)) {}
    std::shared_ptr<Model> Get() const {
      const MutexLock lock(mutex_);
      return model_;
    }
    void Set(std::shared_ptr<Model> model) {
      const MutexLock lock(mutex_);
      model_.swap(model);  // the old one ends with the argument, behind the lock
    }

   private:
    mutable Mutex mutex_;
    std::shared_ptr<Model> model_ GUARDED_BY(mutex_);
  };

  struct Job {
    std::shared_ptr<Model> model;
    Input input;
    BodyBudget::Share room;
    PageSteps steps;
    bool reserved;  ///< no user's
  };
  struct Inferred {
    std::shared_ptr<Model> model;  ///< outlives the output
    Output output;
    PageSteps steps;
  };
  /// What all pages of a request share.
  struct Shared {
    std::shared_ptr<Model> model;
    AnalyzeParameters parameters;
    Listener listener;
  };
  using PageScheduler = scheduler::Scheduler<Job, Inferred>;

  class Admitted final : public PageRequest {
   public:
    Admitted(ScheduledPages& pages, scheduler::RequestId id, std::shared_ptr<Model> model, bool reserved)
        : pages_(pages), id_(id), model_(std::move(model)), reserved_(reserved) {}
    ~Admitted() override { Leave(); }
    Admitted(const Admitted&) = delete;
    Admitted& operator=(const Admitted&) = delete;

    const ModelIdentity& model() const override { return model_->identity(); }
    PageSize input_size() const override { return model_->input_size(); }
    std::optional<scheduler::Refusal> SetPages(int pages) override { return pages_.scheduler_.SetPages(id_, pages); }
    void Leave() override {
      if (!left_.exchange(true)) pages_.scheduler_.Leave(id_);
    }
    Result<void> Analyze(const Page& page, BodyBudget::Share room) override {
      PageSteps steps{.prepare_begin = pages_.clock_.Now()};
      Result<Input> input = Guarded([&] { return model_->Prepare(page); });
      steps.prepare_end = pages_.clock_.Now();
      if (!input) return Fail(std::move(input.error()));
      room.Hold(model_->BytesOf(*input));
      return Guarded([&]() -> Result<void> {
        pages_.scheduler_.Push({id_, page.index}, Job{model_, std::move(*input), std::move(room), steps, reserved_});
        return {};
      });
    }

   private:
    ScheduledPages& pages_;
    const scheduler::RequestId id_;
    const std::shared_ptr<Model> model_;
    const bool reserved_;
    std::atomic<bool> left_{false};
  };

  static Result<std::vector<Inferred>> Infer(std::span<Job> jobs) {
    const std::shared_ptr<Model>& model = jobs.front().model;
    std::vector<const Input*> inputs;
    inputs.reserve(jobs.size());
    for (const Job& job : jobs) {
      // While models are exchanged a batch may be of two. What fails together is tried one by one.
      if (job.model != model) return Fail(ErrorCode::kInternal, "the pages are for different models");
      inputs.push_back(&job.input);
    }
    Result<std::vector<Output>> outputs = model->Infer(inputs);
    if (!outputs) return Fail(std::move(outputs.error()));
    std::vector<Inferred> inferred;
    inferred.reserve(outputs->size());
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      inferred.push_back({model, std::move((*outputs)[i]), jobs[i].steps});
    }
    return inferred;
  }

  /// On a slot's thread, which goes on at once: the rest is the pool's.
  void Finish(const std::shared_ptr<const Shared>& shared, int page, Result<Inferred> result,
              const scheduler::PageTimes& times) {
    const auto inferred = std::make_shared<Result<Inferred>>(std::move(result));
    const TimePoint end = clock_.Now();
    pool_.Post(scheduler::TaskPool::Kind::kEnds, [this, shared, page, inferred, times, end] {
      PageSteps steps;
      if (*inferred) steps = (*inferred)->steps;
      steps.inferred = inferred->has_value();
      steps.slot_end = end;
      steps.slot_begin = end - times.inference;
      steps.batch = times.batch;
      steps.finish_begin = clock_.Now();
      Result<PageLayout> layout = Guarded([&]() -> Result<PageLayout> {
        if (!*inferred) return Fail(std::move(inferred->error()));
        return shared->model->Finish(std::move((*inferred)->output), shared->parameters);
      });
      steps.finish_end = clock_.Now();
      // An error of the caller's says nothing about the model.
      if (*inferred) scheduler_.ObserveUse(layout.has_value() || layout.error().code != ErrorCode::kInternal);
      shared->listener.on_page(page, std::move(layout), steps);
    });
  }

  const Clock& clock_;
  const int slots_;
  const std::shared_ptr<Current> model_;
  PageScheduler scheduler_;
  scheduler::TaskPool pool_;  // gone first: its tasks use the scheduler
};

}  // namespace doclayout::http
