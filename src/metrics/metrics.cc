#include "metrics/metrics.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace doclayout::metrics {

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)),
      exemplars_(std::make_unique<ExemplarCell[]>(bounds_.size() + 1)) {
  if (!std::is_sorted(bounds_.begin(), bounds_.end())) std::abort();
}

std::size_t Histogram::Bucket(double value) const {
  return static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
}

void Histogram::Count(std::size_t bucket, double value) {
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.Add(value);
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
