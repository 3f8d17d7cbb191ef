#include "bench/arrivals.h"

#include <chrono>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <vector>

namespace doclayout::bench {
namespace {

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

class Constant final : public Arrivals {
 public:
  explicit Constant(double rate) : rate_(rate) {}

  std::optional<Duration> Next() const override { return FromSeconds(static_cast<double>(taken_) / rate_); }
  void Take() override { ++taken_; }
  void Release(Duration) override {}

 private:
  const double rate_;
  std::uint64_t taken_ = 0;  // counted, not summed up: distances that are no whole nanoseconds add no error
};

class Poisson final : public Arrivals {
 public:
  Poisson(double rate, std::uint64_t seed) : rate_(rate), random_(seed) { Take(); }

  std::optional<Duration> Next() const override { return FromSeconds(next_); }

  void Take() override {
    // Not std::exponential_distribution, whose numbers differ from library to library.
    constexpr double kOneOf2To53 = 0x1p-53;
    const double even = static_cast<double>(random_() >> 11U) * kOneOf2To53;
    next_ -= std::log1p(-even) / rate_;
  }

  void Release(Duration) override {}

 private:
  const double rate_;
  std::mt19937_64 random_;
  double next_ = 0;
};

class Closed final : public Arrivals {
 public:
  explicit Closed(int callers) {
    for (int caller = 0; caller < callers; ++caller) Release(Duration::zero());
  }

  std::optional<Duration> Next() const override {
    if (ready_.empty()) return std::nullopt;
    return ready_.top();
  }

  void Take() override { ready_.pop(); }
  void Release(Duration at) override { ready_.push(at); }

 private:
  std::priority_queue<Duration, std::vector<Duration>, std::greater<>> ready_;
};

}  // namespace

std::unique_ptr<Arrivals> ConstantArrivals(double rate) {
  return std::make_unique<Constant>(rate);
}

std::unique_ptr<Arrivals> PoissonArrivals(double rate, std::uint64_t seed) {
  return std::make_unique<Poisson>(rate, seed);
}

std::unique_ptr<Arrivals> ClosedLoop(int callers) {
  return std::make_unique<Closed>(callers);
}

}  // namespace doclayout::bench
