#include "bench/knee_search.h"

#include <algorithm>
#include <cmath>

namespace doclayout::bench {
namespace {

/// To three digits, so that the rate that a report shows is the one that was tried.
double Readable(double rate) {
  const double unit = std::pow(10, std::floor(std::log10(rate)) - 2);
  return std::round(rate / unit) * unit;
}

}  // namespace

KneeSearch::KneeSearch(const Options& options)
    : options_(options), next_(std::clamp(Readable(options.first_rate), options.least_rate, options.most_rate)) {}

std::optional<double> KneeSearch::NextRate() const {
  if (steps_ >= options_.most_steps) return std::nullopt;
  if (held_ && broken_ && *broken_ <= *held_ * (1 + options_.precision)) return std::nullopt;
  if (held_ && *held_ >= options_.most_rate) return std::nullopt;
  if (!held_ && broken_ && *broken_ <= options_.least_rate) return std::nullopt;
  return next_;
}

void KneeSearch::Record(bool held) {
  ++steps_;
  if (held) {
    held_ = next_;
  } else {
    broken_ = next_;
  }
  if (held_ && broken_) {
    next_ = Readable(std::sqrt(*held_ * *broken_));
  } else if (held_) {
    next_ = std::min(Readable(2 * *held_), options_.most_rate);
  } else {
    next_ = std::max(Readable(*broken_ / 2), options_.least_rate);
  }
}

}  // namespace doclayout::bench
