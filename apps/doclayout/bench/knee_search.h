#pragma once

#include <optional>

namespace doclayout::bench {

/// Looks for the highest rate that is held: doubles until one breaks (halves while the first ones do), then closes in
/// on the place between. A bounded number of steps. Not thread-safe, never blocks.
class KneeSearch {
 public:
  struct Options {
    double first_rate = 1;    ///< above 0
    double precision = 0.05;  ///< the rate that broke is at most so much higher than the one that held
    double least_rate = 0.05;
    double most_rate = 100'000;
    int most_steps = 14;
  };

  explicit KneeSearch(const Options& options);

  /// The rate to try now; nullopt: the search is over.
  std::optional<double> NextRate() const;

  /// What came of that rate.
  void Record(bool held);

  /// The highest rate that was held.
  std::optional<double> held() const { return held_; }
  /// The lowest that was not.
  std::optional<double> broken() const { return broken_; }

 private:
  const Options options_;
  double next_;
  int steps_ = 0;
  std::optional<double> held_, broken_;
};

}  // namespace doclayout::bench
