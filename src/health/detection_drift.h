#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "health/health.h"
#include "types/region.h"

namespace doclayout::health {

/// Whether what a model finds on users' pages has changed: the last pages against those of the first hours, by how many
/// regions a page has, how sure the model is of them, and which labels they have.
///
/// The score is the largest of three population stability indices, sum (a - b) ln(a / b) over the classes of a
/// distribution: under 0.1 nothing to speak of, over 0.25 a shift by the usual reading. Few pages make it large by
/// chance; what chance gives, (classes - 1) (1 / recent + 1 / first), is taken off.
///
/// Keeps counts only, nothing of what is on a page. Pure policy, not thread-safe; takes microseconds a page.
class DetectionDrift {
 public:
  static constexpr std::size_t kMostLabels = 64;

  struct Options {
    Duration baseline = std::chrono::hours(6);  ///< from the first page on
    std::size_t least_baseline = 200;           ///< pages; with fewer the time is longer
    std::size_t most_baseline = 100'000;        ///< pages; with more it is over before its time
    std::size_t window = 500;                   ///< last pages that are compared
    std::size_t least_window = 100;             ///< of them before there is a score
    double warn = 0.25;
  };

  explicit DetectionDrift(Options options) : options_(options) {}

  /// A page of a user that was analysed as the model does by itself, without parameters that change what is reported.
  void Observe(const std::vector<Region>& regions, TimePoint now);

  /// There is another model.
  void Reset();

  /// Of the last pages; zeros without any. Plain values.
  struct Statistics {
    std::size_t pages = 0;
    double regions_per_page = 0;
    double mean_score = 0;                       ///< of their regions
    double empty_share = 0;                      ///< pages without a region
    std::map<std::string, double> label_shares;  ///< of their regions; labels beyond the first 64 are "other"
  };
  Statistics recent() const { return recent_.Summary(names_); }
  Statistics first() const { return first_.Summary(names_); }

  /// The drift; 0 while the first pages are not over, or too few came since.
  double score() const;
  bool has_baseline() const { return fixed_; }

  /// `detection_drift`: never worse than a warning, because users' pages may simply be others than they were.
  Check Judge() const;

 private:
  static constexpr std::size_t kCountClasses = 8;  // regions of a page: 0, 1, 2-3, 4-7, … 64 and more
  static constexpr std::size_t kScoreClasses = 10;
  static constexpr std::size_t kLabelClasses = kMostLabels + 1;  // the last one is "other"

  struct Page {
    std::size_t regions = 0;
    double score_sum = 0;
    std::map<std::size_t, double> labels;  ///< regions by the label's number
  };
  /// Sums over pages.
  class Sums {
   public:
    void Add(const Page& page, double sign);
    /// The larger of the indices, each less what chance gives.
    double Drift(const Sums& first) const;
    Statistics Summary(const std::vector<std::string>& names) const;
    std::size_t pages() const { return static_cast<std::size_t>(pages_); }

   private:
    double pages_ = 0;
    double regions_ = 0;
    double score_sum_ = 0;
    std::array<double, kCountClasses> counts_{};
    std::array<double, kScoreClasses> scores_{};  // of pages that have regions, by their mean
    std::array<double, kLabelClasses> labels_{};
  };

  std::size_t LabelNumber(const std::string& label);

  const Options options_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  Sums first_;
  Sums recent_;
  std::deque<Page> window_;
  TimePoint began_;
  bool fixed_ = false;  // the first pages are over
};

}  // namespace doclayout::health
