#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/result.h"
#include "health/readiness.h"
#include "http/body_budget.h"
#include "scheduler/policy.h"
#include "scheduler/task_pool.h"
#include "types/analyze_parameters.h"
#include "types/page.h"
#include "types/page_layout.h"
#include "types/page_size.h"

namespace doclayout::http {

/// What an answer says of the model that gave it. A plain value.
struct ModelIdentity {
  std::string name;
  std::string sha256;
  std::string family;
  /// Not told: what else makes two models of one file answer differently; empty for none.
  std::string settings_sha256 = {};
  std::string runtime = {};  ///< what infers it: "openvino 2026.4 (CPU, f32)"
};

/// When a page went through its steps, and with how many others. A plain value.
struct PageSteps {
  TimePoint prepare_begin;
  TimePoint prepare_end;  ///< from here to `slot_begin` it waits
  TimePoint slot_begin;
  TimePoint slot_end;
  TimePoint finish_begin;
  TimePoint finish_end;
  int batch = 1;          ///< pages that were inferred together
  bool inferred = false;  ///< the model gave something for it, whatever could be made of that
};

/// A document that was admitted, on its way through the slots: its pages go in one by one as they are decoded, and come
/// back to its listener.
///
/// Thread-safe. Ends with `Leave` or its destructor; the service must outlive it.
class PageRequest {
 public:
  virtual ~PageRequest() = default;

  /// The one model that sees all its pages.
  virtual const ModelIdentity& model() const = 0;

  /// What it scales pages to.
  virtual PageSize input_size() const = 0;

  /// It has so many pages that need a slot: before the first. 0, which is never refused, while another's are waited
  /// for: it then is no load, and still ends at its deadline. A refusal does not end it.
  virtual std::optional<scheduler::Refusal> SetPages(int pages) = 0;

  /// Makes the page what the model takes, which blocks for a millisecond or so, and queues that: on a thread of
  /// `PageService::Post`. `room` follows it and holds what it takes until the model has it. An error when it could not
  /// be made, or memory ran out; nothing is queued then.
  virtual Result<void> Analyze(const Page& page, BodyBudget::Share room) = 0;

  /// What waits is dropped at once, and what comes back goes nowhere. Any thread; does not block.
  virtual void Leave() = 0;
};

/// What an analysis needs beside HTTP: who is admitted, threads to decode on, and slots of a model.
///
/// Thread-safe; nothing blocks.
class PageService {
 public:
  /// What is told of a request, on a thread that it may use for as long as rendering an answer takes.
  struct Listener {
    /// A page is done. Each comes once, in any order, until the request leaves.
    std::function<void(int page, Result<PageLayout>, const PageSteps&)> on_page;
    /// Instead of all that is missing: `kDeadlineExceeded`, or `kDraining` at the end of the service. Must be short.
    std::function<void(Error)> on_end;
  };

  /// What is going on.
  struct Load {
    std::size_t waiting_requests = 0;  ///< of which no page is in a slot yet
    std::size_t waiting_pages = 0;
    int slots = 0;
    int busy = 0;
    int stuck = 0;
    double load_ratio = 0;  ///< pages that wait or run over the slots
    scheduler::Breaker::State breaker = scheduler::Breaker::State::kClosed;
  };

  virtual ~PageService() = default;

  /// The model of requests that are admitted now.
  virtual ModelIdentity model_identity() const = 0;

  /// Whether the model can do what is asked for.
  virtual Result<void> CheckParameters(const AnalyzeParameters& parameters) const = 0;

  /// Whether such a request would be admitted now.
  virtual std::optional<scheduler::Refusal> Judge(const scheduler::RequestSpec& spec) const = 0;

  virtual tl::expected<std::shared_ptr<PageRequest>, scheduler::Refusal> Admit(const scheduler::RequestSpec& spec,
                                                                               const AnalyzeParameters& parameters,
                                                                               Listener listener) = 0;

  /// Runs `task` on one of the threads for decoding, post-processing and rendering. It must not throw.
  virtual void Post(scheduler::TaskPool::Kind kind, scheduler::TaskPool::Task task) = 0;

  /// What a page needed outside the slots, for the prediction of the next one's time.
  virtual void ObserveOverhead(Duration time) = 0;

  /// Pages of one document that are worth having ready at once.
  virtual int pages_ahead() const = 0;

  virtual Load load() const = 0;

  /// Whether the slots work, without waiting for anybody: for probes.
  virtual health::Slots slots() const = 0;
};

}  // namespace doclayout::http
