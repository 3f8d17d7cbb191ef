#include "metrics/metrics.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace doclayout::metrics {

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), exemplars_(std::make_unique<ExemplarCell[]>(bounds_.size() + 1)) {
  if (!std::is_sorted(bounds_.begin(), bounds_.end())) std::abort();
  const std::size_t lines = bounds_.size() / std::tuple_size_v<decltype(Line::counts)> + 1;
  for (Stripe& stripe : stripes_) stripe.lines = std::make_unique<Line[]>(lines);
}

/// Of the thread that asks, for its life and in every histogram.
std::size_t Histogram::OwnStripe() {
  static constinit std::atomic<std::size_t> threads{0};
  static constinit thread_local std::size_t own = kNoStripe;
  if (own == kNoStripe) own = threads.fetch_add(1, std::memory_order_relaxed) % kStripes;
  return own;
}

std::atomic<std::uint64_t>& Histogram::Stripe::Count(std::size_t bucket) const {
  constexpr std::size_t kOfALine = std::tuple_size_v<decltype(Line::counts)>;
  return lines[bucket / kOfALine].counts[bucket % kOfALine];
}

std::size_t Histogram::Bucket(double value) const {
  return static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
}

void Histogram::Count(std::size_t bucket, double value) {
  Stripe& stripe = stripes_[OwnStripe()];
  stripe.Count(bucket).fetch_add(1, std::memory_order_relaxed);
  stripe.sum.Add(value);
}

std::uint64_t Histogram::BucketCount(std::size_t index) const {
  std::uint64_t count = 0;
  for (const Stripe& stripe : stripes_) count += stripe.Count(index).load(std::memory_order_relaxed);
  return count;
}

double Histogram::Sum() const {
  double sum = 0;
  for (const Stripe& stripe : stripes_) sum += stripe.sum.Value();
  return sum;
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) return;
  Count(Bucket(value), value);
}

void Histogram::Observe(double value, const Exemplar& exemplar) {
  if (std::isnan(value)) return;
  const std::size_t bucket = Bucket(value);
  Count(bucket, value);
  if (!exemplar.IsNone()) exemplars_[bucket].Store({exemplar, value, std::chrono::system_clock::now()});
}

}  // namespace doclayout::metrics
