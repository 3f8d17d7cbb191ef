#include "health/inference_pace.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace doclayout::health {
namespace {

constexpr std::size_t kMostKnown = 31;
/// A few milliseconds more are no trouble, however many times they are the usual.
constexpr std::chrono::milliseconds kLeast(100);

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Duration InferencePace::usual() const {
  if (known_.size() < options_.least_known) return Duration(0);
  std::vector<Duration> sorted(known_.begin(), known_.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  return *middle;
}

void InferencePace::Observe(Duration inference) {
  if (Judge(inference).status != Status::kHealthy) return;
  known_.push_back(inference);
  if (known_.size() > kMostKnown) known_.pop_front();
}

Check InferencePace::Judge(Duration inference) const {
  Check check{.name = "inference_speed",
              .details = fmt::format("the page took {:.3f} s in the model", Seconds(inference)),
              .value = Seconds(inference),
              .unit = "s"};
  const Duration usual_time = usual();
  const auto most = std::chrono::duration_cast<Duration>(usual_time * options_.times_usual) + kLeast;
  if (usual_time > Duration(0)) check.details += fmt::format(", usually {:.3f} s", Seconds(usual_time));
  if (inference > options_.slow) {
    check.status = Status::kWarning;
    check.details += fmt::format("; more than {:.3g} s is slow", Seconds(options_.slow));
  } else if (usual_time > Duration(0) && inference > most) {
    check.status = Status::kWarning;
    check.details += fmt::format("; more than {:.3f} s is slow for this model here", Seconds(most));
  }
  return check;
}

}  // namespace doclayout::health
