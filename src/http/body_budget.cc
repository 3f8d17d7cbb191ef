#include "http/body_budget.h"

namespace doclayout::http {

bool BodyBudget::Share::Grow(std::uint64_t bytes) {
  std::uint64_t held = budget_->held();
  do {
    if (bytes > budget_->most_ || held > budget_->most_ - bytes) return false;
  } while (!budget_->held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
  bytes_ += bytes;
  return true;
}

void BodyBudget::Share::GiveBack() {
  const std::uint64_t bytes = std::exchange(bytes_, 0);
  if (bytes > 0) budget_->held_.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace doclayout::http
