#include "health/detection_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace doclayout::health {
namespace {

/// Added to every class, so that one which is empty on one side does not make the index infinite.
constexpr double kSmoothing = 0.5;

double Sum(std::span<const double> counts) {
  double sum = 0;
  for (const double count : counts) sum += count;
  return sum;
}

/// The population stability index of two distributions over the same classes, less its mean under chance if each count
/// were of `pages` independent ones; classes that are empty in both say nothing.
double StabilityIndex(std::span<const double> a, std::span<const double> b, double pages_a, double pages_b) {
  std::size_t classes = 0;
  for (std::size_t i = 0; i < a.size(); ++i) classes += a[i] + b[i] > 0 ? 1 : 0;
  if (classes < 2) return 0;
  const double smoothing = kSmoothing * static_cast<double>(classes);
  const double sum_a = Sum(a) + smoothing;
  const double sum_b = Sum(b) + smoothing;
  double index = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] + b[i] <= 0) continue;
    const double share_a = (a[i] + kSmoothing) / sum_a;
    const double share_b = (b[i] + kSmoothing) / sum_b;
    index += (share_a - share_b) * std::log(share_a / share_b);
  }
  const double chance = static_cast<double>(classes - 1) * (1 / pages_a + 1 / pages_b);
  return std::max(0.0, index - chance);
}

std::size_t CountClass(std::size_t regions, std::size_t classes) {
  return std::min<std::size_t>(std::bit_width(regions), classes - 1);
}

}  // namespace

void DetectionDrift::Sums::Add(const Page& page, double sign) {
  pages_ += sign;
  regions_ += sign * static_cast<double>(page.regions);
  score_sum_ += sign * page.score_sum;
  counts_.at(CountClass(page.regions, kCountClasses)) += sign;
  if (page.regions > 0) {
    const double mean = std::clamp(page.score_sum / static_cast<double>(page.regions), 0.0, 1.0);
    const auto last = static_cast<double>(kScoreClasses - 1);
    scores_.at(static_cast<std::size_t>(std::min(mean * kScoreClasses, last))) += sign;
  }
  for (const auto& [number, count] : page.labels) labels_.at(number) += sign * count;
}

double DetectionDrift::Sums::Drift(const Sums& first) const {
  return std::max({StabilityIndex(counts_, first.counts_, pages_, first.pages_),
                   StabilityIndex(scores_, first.scores_, pages_, first.pages_),
                   StabilityIndex(labels_, first.labels_, pages_, first.pages_)});
}

DetectionDrift::Statistics DetectionDrift::Sums::Summary(const std::vector<std::string>& names) const {
  Statistics statistics{.pages = pages()};
  if (pages_ < 1) return statistics;
  statistics.regions_per_page = regions_ / pages_;
  statistics.empty_share = counts_.front() / pages_;
  if (regions_ < 1) return statistics;
  statistics.mean_score = score_sum_ / regions_;
  for (std::size_t i = 0; i < kLabelClasses; ++i) {
    if (labels_.at(i) <= 0) continue;
    statistics.label_shares[i < names.size() ? names[i] : "other"] += labels_.at(i) / regions_;
  }
  return statistics;
}

/// By the order in which labels are seen first.
std::size_t DetectionDrift::LabelNumber(const std::string& label) {
  if (const auto found = numbers_.find(label); found != numbers_.end()) return found->second;
  if (names_.size() >= kLabelClasses - 1) return kLabelClasses - 1;
  names_.push_back(label);
  return numbers_[label] = names_.size() - 1;
}

void DetectionDrift::Observe(const std::vector<Region>& regions, TimePoint now) {
  Page page{.regions = regions.size()};
  for (const Region& region : regions) {
    page.score_sum += region.score;
    ++page.labels[LabelNumber(region.label)];
  }
  if (!fixed_) {
    if (first_.pages() == 0) began_ = now;
    first_.Add(page, 1);
    const bool enough = now - began_ >= options_.baseline && first_.pages() >= options_.least_baseline;
    fixed_ = enough || first_.pages() >= options_.most_baseline;
  }
  recent_.Add(page, 1);
  window_.push_back(std::move(page));
  if (window_.size() > options_.window) {
    recent_.Add(window_.front(), -1);
    window_.pop_front();
  }
}

void DetectionDrift::Reset() {
  names_.clear();
  numbers_.clear();
  first_ = {};
  recent_ = {};
  window_.clear();
  fixed_ = false;
}

double DetectionDrift::score() const {
  return fixed_ && window_.size() >= options_.least_window ? recent_.Drift(first_) : 0;
}

Check DetectionDrift::Judge() const {
  Check check{.name = "detection_drift", .value = score(), .unit = "psi"};
  if (!fixed_) {
    check.details = fmt::format("{} pages so far of those that later ones are compared with", first_.pages());
    return check;
  }
  const Statistics now = recent();
  const Statistics then = first();
  check.details = fmt::format(
      "the last {} pages have {:.1f} regions with a mean score of {:.2f}, {:.0f} % have none; the first {} had {:.1f}, "
      "{:.2f} and {:.0f} %",
      now.pages, now.regions_per_page, now.mean_score, 100 * now.empty_share, then.pages, then.regions_per_page,
      then.mean_score, 100 * then.empty_share);
  if (score() > options_.warn) {
    check.status = Status::kWarning;
    check.details += fmt::format("; a stability index over {} is a shift", options_.warn);
  }
  return check;
}

}  // namespace doclayout::health
