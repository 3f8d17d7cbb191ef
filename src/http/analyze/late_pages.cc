#include "http/analyze/late_pages.h"

#include <utility>

namespace doclayout::http {
namespace {

constexpr const char* kNotLoaded = "the model is not loaded yet; try again in a moment";

scheduler::Refusal NotLoaded() {
  return {.reason = scheduler::RefusalReason::kEngine, .message = kNotLoaded};
}

}  // namespace

ModelIdentity LatePages::model_identity() const {
  const PageService* pages = pages_.load();
  return pages != nullptr ? pages->model_identity() : ModelIdentity{};
}

Result<void> LatePages::CheckParameters(const AnalyzeParameters& parameters) const {
  const PageService* pages = pages_.load();
  if (pages == nullptr) return Fail(ErrorCode::kNotReady, kNotLoaded);
  return pages->CheckParameters(parameters);
}

std::optional<scheduler::Refusal> LatePages::Judge(const scheduler::RequestSpec& spec) const {
  const PageService* pages = pages_.load();
  return pages != nullptr ? pages->Judge(spec) : NotLoaded();
}

tl::expected<std::shared_ptr<PageRequest>, scheduler::Refusal> LatePages::Admit(const scheduler::RequestSpec& spec,
                                                                                const AnalyzeParameters& parameters,
                                                                                Listener listener) {
  PageService* pages = pages_.load();
  if (pages == nullptr) return tl::unexpected(NotLoaded());
  return pages->Admit(spec, parameters, std::move(listener));
}

void LatePages::Post(scheduler::TaskPool::Kind kind, scheduler::TaskPool::Task task) {
  if (PageService* pages = pages_.load()) pages->Post(kind, std::move(task));
}

void LatePages::ObserveOverhead(Duration time) {
  if (PageService* pages = pages_.load()) pages->ObserveOverhead(time);
}

int LatePages::pages_ahead() const {
  const PageService* pages = pages_.load();
  return pages != nullptr ? pages->pages_ahead() : 1;
}

PageService::Load LatePages::load() const {
  const PageService* pages = pages_.load();
  return pages != nullptr ? pages->load() : Load{};
}

health::Slots LatePages::slots() const {
  const PageService* pages = pages_.load();
  return pages != nullptr ? pages->slots() : health::Slots{};
}

}  // namespace doclayout::http
