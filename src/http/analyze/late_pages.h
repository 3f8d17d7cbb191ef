#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "http/analyze/page_service.h"

namespace doclayout::http {

/// A page service that is there before its model: probes and metrics are answered while that is being loaded. Until
/// `Set` it has no slots and takes nothing.
///
/// Thread-safe.
class LatePages final : public PageService {
 public:
  /// Once; `pages` must outlive it.
  void Set(PageService& pages) { pages_.store(&pages); }

  ModelIdentity model_identity() const override;
  Result<void> CheckParameters(const AnalyzeParameters& parameters) const override;
  std::optional<scheduler::Refusal> Judge(const scheduler::RequestSpec& spec) const override;
  tl::expected<std::shared_ptr<PageRequest>, scheduler::Refusal> Admit(const scheduler::RequestSpec& spec,
                                                                       const AnalyzeParameters& parameters,
                                                                       Listener listener) override;
  /// Before `Set` the task is not run: whoever has one has asked `Judge`.
  void Post(scheduler::TaskPool::Kind kind, scheduler::TaskPool::Task task) override;
  void ObserveOverhead(Duration time) override;
  int pages_ahead() const override;
  Load load() const override;
  health::Slots slots() const override;

 private:
  std::atomic<PageService*> pages_{nullptr};
};

}  // namespace doclayout::http
