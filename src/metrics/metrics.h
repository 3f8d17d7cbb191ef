#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace doclayout::metrics {

/// A count that only rises. Thread-safe, lock-free.
class Counter {
 public:
  void Increment(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A value that goes up and down. Thread-safe, lock-free.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) {
    double old = value_.load(std::memory_order_relaxed);
    while (!value_.compare_exchange_weak(old, old + by, std::memory_order_relaxed)) {
    }
  }
  double Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Counts observations by size. Thread-safe, lock-free: one search and two atomic additions an observation.
class Histogram {
 public:
  /// `bounds`: upper limits of the buckets, rising; +Inf is added.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  std::span<const double> bounds() const { return bounds_; }
  /// Observations in bucket `index` alone, not summed up; index `bounds().size()` is +Inf.
  std::uint64_t BucketCount(std::size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  double Sum() const { return sum_.Value(); }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
  Gauge sum_;
};

}  // namespace doclayout::metrics
