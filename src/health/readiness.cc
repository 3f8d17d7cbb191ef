#include "health/readiness.h"

#include <fmt/format.h>

namespace doclayout::health {
namespace {

std::string_view Explain(Phase phase) {
  switch (phase) {
    case Phase::kLoading:
      return "the model's file is read and checked";
    case Phase::kCompiling:
      return "the runtime makes the model ready for this machine";
    case Phase::kWarming:
      return "a first page is inferred";
    case Phase::kServing:
      return "the model is loaded and warm";
  }
  return "";
}

}  // namespace

std::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kLoading:
      return "loading";
    case Phase::kCompiling:
      return "compiling";
    case Phase::kWarming:
      return "warming";
    case Phase::kServing:
      return "serving";
  }
  return "loading";
}

Check CheckModel(const Readiness& readiness) {
  Check check{.name = "model_loaded", .details = std::string(Explain(readiness.phase()))};
  if (!readiness.model_loaded()) {
    check.status = Status::kUnhealthy;
    check.details = fmt::format("the model is not loaded yet; {}: {}", PhaseName(readiness.phase()), check.details);
  }
  return check;
}

Check CheckSlots(const Slots& slots) {
  Check check{.name = "slots",
              .details = "no inference hangs",
              .value = static_cast<double>(slots.count - slots.stuck),
              .unit = "slots"};
  if (slots.stuck > 0) {
    check.status = Status::kUnhealthy;
    check.details = fmt::format("{} of {} slots are stuck in an inference that does not end", slots.stuck, slots.count);
  }
  return check;
}

Check CheckEngine(const Slots& slots) {
  if (slots.broken) {
    return {.name = "engine",
            .status = Status::kUnhealthy,
            .details = "the model failed on one page after another; it is tried again in a moment"};
  }
  // Ready, so that a page comes which can be tried.
  if (slots.tried) {
    return {.name = "engine",
            .status = Status::kWarning,
            .details = "the model failed on one page after another; the next page tells whether it is well again"};
  }
  return {.name = "engine", .details = "the model answers"};
}

Check CheckDraining(const Readiness& readiness) {
  if (!readiness.draining()) return {.name = "draining", .details = "accepting requests"};
  return {.name = "draining",
          .status = Status::kUnhealthy,
          .details = "shutting down: accepted requests are answered, new ones belong elsewhere"};
}

Report StartupReport(const Readiness& readiness) {
  Report report = Judge({CheckModel(readiness)});
  report.phase = PhaseName(readiness.phase());
  return report;
}

}  // namespace doclayout::health
