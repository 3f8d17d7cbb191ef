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

void BodyBudget::Share::Hold(std::uint64_t bytes) {
  const std::uint64_t before = std::exchange(bytes_, bytes);
  // A share that has moved on has no budget any more, and held nothing.
  if (bytes != before) budget_->held_.fetch_add(bytes - before, std::memory_order_relaxed);
}

}  // namespace doclayout::http
