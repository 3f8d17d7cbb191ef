#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "metrics/exemplar.h"

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

/// Counts observations by size. Thread-safe, lock-free: one search and two atomic additions an observation. Threads
/// take turns in counting on one of a few stripes of memory, so that two that observe at once rarely wait for each
/// other's cache line. What is no number is not counted: a sum would never be one again.
class Histogram {
 public:
  /// `bounds`: upper limits of the buckets, rising; +Inf is added.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  /// The same, and it becomes the example of its bucket, unless `exemplar` is none or another is being written there.
  void Observe(double value, const Exemplar& exemplar);

  std::span<const double> bounds() const { return bounds_; }
  /// Observations in bucket `index` alone, not summed up; index `bounds().size()` is +Inf.
  std::uint64_t BucketCount(std::size_t index) const;
  std::optional<ExemplarCell::Record> BucketExemplar(std::size_t index) const { return exemplars_[index].Load(); }
  double Sum() const;

 private:
  static constexpr std::size_t kCacheLine = 64;
  static constexpr std::size_t kStripes = 4;
  static constexpr std::size_t kNoStripe = kStripes;
  struct alignas(kCacheLine) Line {
    std::array<std::atomic<std::uint64_t>, kCacheLine / sizeof(std::uint64_t)> counts{};
  };
  struct alignas(kCacheLine) Stripe {
    Gauge sum;
    std::unique_ptr<Line[]> lines;  ///< one count a bucket
    std::atomic<std::uint64_t>& Count(std::size_t bucket) const;
  };

  static std::size_t OwnStripe();
  std::size_t Bucket(double value) const;
  void Count(std::size_t bucket, double value);

  const std::vector<double> bounds_;
  std::array<Stripe, kStripes> stripes_;
  const std::unique_ptr<ExemplarCell[]> exemplars_;
};

}  // namespace doclayout::metrics
