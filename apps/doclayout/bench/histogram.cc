#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

namespace doclayout::bench {
namespace {

constexpr int kBits = 7;
constexpr std::uint64_t kPerDoubling = 1U << kBits;
constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max();
constexpr double kMicrosecond = 1e-6;

std::size_t BucketOf(std::uint64_t microseconds) {
  if (microseconds < kPerDoubling) return microseconds;
  const int shift = static_cast<int>(std::bit_width(microseconds)) - (kBits + 1);
  return kPerDoubling * static_cast<std::size_t>(shift) + (microseconds >> shift);
}

/// The middle of a bucket's times.
double MiddleOf(std::size_t bucket) {
  if (bucket < 2 * kPerDoubling) return static_cast<double>(bucket);
  const std::size_t shift = bucket / kPerDoubling - 1;
  const std::uint64_t first = (bucket - kPerDoubling * shift) << shift;
  return static_cast<double>(first) + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

void Histogram::Record(Duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const std::uint64_t microseconds =
      std::min(static_cast<std::uint64_t>(std::max<decltype(whole)>(whole, 0)), kLongest);
  if (buckets_.empty()) buckets_.resize(BucketOf(kLongest) + 1);
  ++buckets_[BucketOf(microseconds)];
  least_ = count_ == 0 ? microseconds : std::min(least_, microseconds);
  most_ = std::max(most_, microseconds);
  sum_ += static_cast<double>(microseconds);
  ++count_;
}

void Histogram::Merge(const Histogram& other) {
  if (other.count_ == 0) return;
  buckets_.resize(other.buckets_.size());
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) buckets_[bucket] += other.buckets_[bucket];
  least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  sum_ += other.sum_;
  count_ += other.count_;
}

void Histogram::Clear() {
  if (count_ > 0) std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = least_ = most_ = 0;
  sum_ = 0;
}

double Histogram::Quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) - 1e-9);
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  if (rank == 1) return Least();
  if (rank >= count_) return Most();
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < buckets_.size() && (seen += buckets_[bucket]) < rank) ++bucket;
  return std::clamp(MiddleOf(bucket), static_cast<double>(least_), static_cast<double>(most_)) * kMicrosecond;
}

double Histogram::Mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_) * kMicrosecond;
}

double Histogram::Least() const {
  return static_cast<double>(least_) * kMicrosecond;
}

double Histogram::Most() const {
  return static_cast<double>(most_) * kMicrosecond;
}

}  // namespace doclayout::bench
