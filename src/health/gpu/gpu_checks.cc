#include "health/gpu/gpu_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "health/gpu/xid.h"

namespace doclayout::health {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

/// Below this share of what was asked for, free memory is as good as none.
constexpr double kUnhealthyShare = 0.25;

double Mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / kMebibyte;
}

Check NotApplicable(std::string name, std::string details) {
  return {.name = std::move(name), .status = Status::kNotApplicable, .details = std::move(details)};
}

Check NotUsed(std::string name) {
  return NotApplicable(std::move(name), "the service does not infer on a GPU");
}

std::string NameOf(const GpuState& state) {
  return state.name.empty() ? "the GPU" : state.name;
}

/// " (as of 12 s ago)" for a reading that is not of now.
std::string AsOf(const GpuState& state) {
  if (state.condition == GpuCondition::kOk || !state.age) return "";
  return fmt::format(" (as of {:.0f} s ago: {})", Milliseconds(*state.age) / 1000, state.reason);
}

/// What is wrong with the GPU as a whole, for a check of one of its readings; nullopt when the reading can be judged.
std::optional<Check> Unreadable(std::string name, const GpuState& state, bool has_reading) {
  switch (state.condition) {
    case GpuCondition::kLost:
      return Check{.name = std::move(name),
                   .status = Status::kUnhealthy,
                   .details = fmt::format("{} is gone, so drain the machine and reset or restart it: {}", NameOf(state),
                                          state.reason)};
    case GpuCondition::kAbsent:
      return Check{
          .name = std::move(name),
          .status = state.nvml_missing ? Status::kWarning : Status::kUnhealthy,
          .details = fmt::format("{}: {}", state.nvml_missing ? "not known" : "there is no GPU", state.reason)};
    case GpuCondition::kStarting:
      return Check{.name = std::move(name),
                   .status = Status::kWarning,
                   .details = "not known yet: the GPU is being read for the first time"};
    case GpuCondition::kHanging:
    case GpuCondition::kFailing:
      if (has_reading) return std::nullopt;
      return Check{
          .name = std::move(name), .status = Status::kWarning, .details = fmt::format("not known: {}", state.reason)};
    case GpuCondition::kOk:
      if (has_reading) return std::nullopt;
      return NotApplicable(std::move(name), fmt::format("the driver does not tell it of {}", NameOf(state)));
  }
  return std::nullopt;
}

/// A reading from before NVML fell silent is no more than a warning's worth of good news.
Check Judged(Check check, const GpuState& state) {
  if (state.condition != GpuCondition::kOk) check.status = std::max(check.status, Status::kWarning);
  check.details += AsOf(state);
  return check;
}

Check CheckMemory(std::string name, const GpuState& state, const GpuLimits& limits) {
  if (auto unreadable = Unreadable(name, state, state.memory_free_bytes.has_value())) return std::move(*unreadable);
  const std::uint64_t free = *state.memory_free_bytes;
  Check check{.name = std::move(name), .value = Mebibytes(free), .unit = "MiB"};
  check.details =
      fmt::format("{:.0f} of {:.0f} MiB of {}'s memory are free", Mebibytes(free),
                  Mebibytes(state.memory_total_bytes.value_or(0)), state.mig ? "the MIG device" : NameOf(state));
  if (state.process_memory_bytes) {
    check.details += fmt::format(", this process has {:.0f} MiB", Mebibytes(*state.process_memory_bytes));
  }
  if (free < limits.unhealthy_free_bytes) {
    check.status = Status::kUnhealthy;
    check.details +=
        fmt::format("; less than {:.0f} MiB is too little to infer", Mebibytes(limits.unhealthy_free_bytes));
  } else if (free < limits.warning_free_bytes) {
    check.status = Status::kWarning;
    check.details += fmt::format("; less than {:.0f} MiB is getting tight", Mebibytes(limits.warning_free_bytes));
  }
  return Judged(std::move(check), state);
}

Check CheckTemperature(const GpuState& state, const GpuLimits& limits) {
  constexpr const char* kName = "gpu_temperature";
  if (auto unreadable = Unreadable(kName, state, state.temperature_celsius.has_value())) return std::move(*unreadable);
  const double celsius = *state.temperature_celsius;
  double warning = limits.warning_celsius;
  if (state.slowdown_celsius) warning = std::min(warning, *state.slowdown_celsius - limits.slowdown_margin_celsius);
  double unhealthy = limits.unhealthy_celsius;
  if (state.shutdown_celsius) unhealthy = std::min(unhealthy, *state.shutdown_celsius);
  Check check{.name = kName,
              .details = fmt::format("{} is at {:.0f} °C", NameOf(state), celsius),
              .value = celsius,
              .unit = "°C"};
  if (state.slowdown_celsius) check.details += fmt::format(", it slows down at {:.0f} °C", *state.slowdown_celsius);
  if (celsius >= unhealthy) {
    check.status = Status::kUnhealthy;
    check.details += fmt::format("; {:.0f} °C is where it may switch itself off: look at the cooling now", unhealthy);
  } else if (celsius >= warning) {
    check.status = Status::kWarning;
    check.details += fmt::format("; from {:.0f} °C it is too hot: look at the cooling", warning);
  }
  return Judged(std::move(check), state);
}

Check CheckThrottling(const GpuState& state) {
  constexpr const char* kName = "gpu_throttling";
  if (auto unreadable = Unreadable(kName, state, state.throttle_reasons.has_value())) return std::move(*unreadable);
  std::vector<std::string_view> harmful;
  std::vector<std::string_view> harmless;
  for (const ThrottleReason& reason : ThrottleReasons()) {
    if ((*state.throttle_reasons & reason.bit) == 0) continue;
    (reason.effect == ThrottleReason::Effect::kHarms ? harmful : harmless).push_back(reason.text);
  }
  Check check{.name = kName, .value = static_cast<double>(harmful.size()), .unit = "reasons"};
  if (!harmful.empty()) {
    check.status = Status::kWarning;
    check.details = fmt::format("{} runs slowly: {}", NameOf(state), fmt::join(harmful, "; "));
  } else if (!harmless.empty()) {
    check.details = fmt::format("its clocks are as they should be: {}", fmt::join(harmless, "; "));
  } else {
    check.details = "its clocks are as high as they can be";
  }
  return Judged(std::move(check), state);
}

std::string XidText(std::uint64_t xid) {
  return fmt::format("Xid {}: {}", xid, MeaningOfXid(xid).text);
}

/// Counts stay what they are when the GPU is lost, and tell why.
Check CheckErrors(const GpuState& state) {
  constexpr const char* kName = "gpu_errors";
  const std::uint64_t ecc = state.ecc_uncorrected.value_or(0);
  const std::uint64_t xids = state.xid_critical + state.xid_application + state.xid_other;
  const bool told = state.ecc_uncorrected || state.xid_watched || xids > 0;
  if (!told) {
    if (auto unreadable = Unreadable(kName, state, false)) return std::move(*unreadable);
  }
  Check check{.name = kName, .value = static_cast<double>(ecc + xids), .unit = "errors"};
  if (ecc > 0 || state.xid_critical > 0) {
    check.status = Status::kUnhealthy;
    check.details = fmt::format("since the start {} had {} uncorrected memory errors and {} critical Xid errors",
                                NameOf(state), ecc, state.xid_critical);
    if (state.last_critical_xid) check.details += fmt::format(" (the last: {})", XidText(*state.last_critical_xid));
    check.details += "; drain the machine and reset the GPU";
  } else if (xids > 0) {
    check.status = Status::kWarning;
    check.details = fmt::format("since the start {} had {} Xid errors that a program may have caused (the last: {})",
                                NameOf(state), xids, XidText(state.last_xid.value_or(0)));
  } else {
    check.details = fmt::format("since the start no uncorrected memory errors{} and no Xid errors{}",
                                state.ecc_uncorrected ? "" : " (it has no ECC to tell)",
                                state.xid_watched ? "" : " (the driver does not tell of them)");
    if (state.ecc_corrected.value_or(0) > 0) check.details += fmt::format(", {} corrected", *state.ecc_corrected);
  }
  return check;
}

Check CheckFragmentation(const std::optional<Result<GpuBlocks>>& measured) {
  constexpr const char* kName = "gpu_fragmentation";
  if (!measured) return NotApplicable(kName, "it is not measured");
  if (!*measured) {
    const Error& error = measured->error();
    if (error.code == ErrorCode::kNotFound) return NotApplicable(kName, "it cannot be measured: " + error.message);
    return {.name = kName, .status = Status::kWarning, .details = "it cannot be measured: " + error.message};
  }
  const GpuBlocks& blocks = **measured;
  if (blocks.asked_bytes == 0) {
    return NotApplicable(kName,
                         fmt::format("{:.0f} MiB free are too little to measure it", Mebibytes(blocks.free_bytes)));
  }
  Check check{.name = kName, .value = Mebibytes(blocks.largest_bytes), .unit = "MiB"};
  check.details = fmt::format("of {:.0f} MiB free, {:.0f} MiB could be had in one piece, as asked for",
                              Mebibytes(blocks.free_bytes), Mebibytes(blocks.largest_bytes));
  if (blocks.largest_bytes < blocks.asked_bytes) {
    const double share = static_cast<double>(blocks.largest_bytes) / static_cast<double>(blocks.asked_bytes);
    check.status = share < kUnhealthyShare ? Status::kUnhealthy : Status::kWarning;
    check.details = fmt::format(
        "{:.0f} MiB are free, but in pieces: {:.0f} MiB could be had in one, {:.0f} MiB were asked for; a restart "
        "joins them",
        Mebibytes(blocks.free_bytes), Mebibytes(blocks.largest_bytes), Mebibytes(blocks.asked_bytes));
  }
  return check;
}

}  // namespace

std::vector<Check> GpuLivenessChecks(const GpuState& state, bool infers) {
  constexpr const char* kName = "gpu_available";
  if (!infers) return {NotUsed(kName)};
  switch (state.condition) {
    case GpuCondition::kStarting:
      return {{.name = kName, .details = "the GPU is being read for the first time"}};
    case GpuCondition::kHanging:
    case GpuCondition::kFailing:
      return {{.name = kName,
               .status = Status::kWarning,
               .details =
                   fmt::format("{} cannot be watched: {}; pages may still be answered", NameOf(state), state.reason)}};
    case GpuCondition::kOk:
      return {{.name = kName, .details = fmt::format("{} answers", NameOf(state))}};
    case GpuCondition::kAbsent:
    case GpuCondition::kLost:
      break;
  }
  return {*Unreadable(kName, state, false)};
}

std::vector<Check> GpuReadinessChecks(const GpuState& state, bool infers, const GpuLimits& limits) {
  constexpr const char* kName = "gpu_memory";
  return {infers ? CheckMemory(kName, state, limits) : NotUsed(kName)};
}

std::vector<Check> GpuDeepChecks(const GpuState& state, bool infers, const GpuLimits& limits,
                                 const std::optional<Result<GpuBlocks>>& blocks) {
  constexpr const char* kMemory = "gpu_memory_after_inference";
  if (!infers) {
    return {NotUsed(kMemory), NotUsed("gpu_temperature"), NotUsed("gpu_throttling"), NotUsed("gpu_errors"),
            NotUsed("gpu_fragmentation")};
  }
  return {CheckMemory(kMemory, state, limits), CheckTemperature(state, limits), CheckThrottling(state),
          CheckErrors(state), CheckFragmentation(blocks)};
}

}  // namespace doclayout::health
