#include "health/gpu/nvml_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "health/gpu/visible_devices.h"
#include "health/gpu/xid.h"

namespace doclayout::health {
namespace {

using nvml::Return;

/// How many events are taken a reading: more come with the next one.
constexpr int kMostEvents = 64;
/// How long a reading waits for an event.
constexpr unsigned kEventWaitMilliseconds = 1;
/// More processes than this on one GPU are not looked at.
constexpr std::size_t kMostProcesses = 1024;

GpuCondition ConditionOf(Return code) {
  switch (code) {
    case Return::kGpuIsLost:
    case Return::kResetRequired:
      return GpuCondition::kLost;
    case Return::kDriverNotLoaded:
    case Return::kGpuNotFound:
    case Return::kNotFound:
      return GpuCondition::kAbsent;
    default:
      return GpuCondition::kFailing;
  }
}

/// The driver has it not, or not for us: that is how it is, and no failure.
bool IsUntold(Return code) {
  return code == Return::kNotSupported || code == Return::kNoPermission || code == Return::kFunctionNotFound;
}

void ClearReadings(GpuState& state) {
  state.memory_total_bytes = state.memory_used_bytes = state.memory_free_bytes = std::nullopt;
  state.process_memory_bytes = state.throttle_reasons = std::nullopt;
  state.utilization_ratio = state.temperature_celsius = std::nullopt;
  state.power_watts = state.power_limit_watts = std::nullopt;
}

/// This process's numbers, in its own namespace and those below the one that /proc shows.
std::vector<unsigned> OwnPids() {
  std::vector<unsigned> pids = {static_cast<unsigned>(getpid())};
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream numbers(line.substr(line.find(':') + 1));
    for (unsigned pid = 0; numbers >> pid;) pids.push_back(pid);
  }
  return pids;
}

/// Whether a process of that number is in this process's namespace.
bool IsHere(unsigned pid) {
  return pid != 0 && (kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH);
}

/// Bytes that this process has of the processes' memory; nullopt when it is not told.
///
/// Drivers differ in whether they give the number that a process has in its container or the one outside. A process
/// whose number is nobody's in here is therefore taken for this one when it is the only one on the GPU.
std::optional<std::uint64_t> OwnMemory(std::span<const nvml::ProcessInfo> processes) {
  const std::vector<unsigned> own = OwnPids();
  std::optional<std::uint64_t> bytes;
  for (const nvml::ProcessInfo& process : processes) {
    if (std::ranges::find(own, process.pid) == own.end()) continue;
    if (process.used_gpu_memory == nvml::kNotAvailable) return std::nullopt;
    bytes = bytes.value_or(0) + process.used_gpu_memory;
  }
  if (bytes || processes.size() != 1 || IsHere(processes[0].pid)) return bytes;
  if (processes[0].used_gpu_memory == nvml::kNotAvailable) return std::nullopt;
  return processes[0].used_gpu_memory;
}

}  // namespace

std::uint64_t NvmlSession::RisingCount::Take(std::uint64_t now) {
  if (last_) total_ += now >= *last_ ? now - *last_ : now;
  last_ = now;
  return total_;
}

GpuState NvmlSession::Refresh() {
  gone_.reset();
  std::optional<Trouble> trouble = Connect();
  if (!trouble) trouble = Read();
  state_.nvml_missing = !nvml_;
  if (!trouble) {
    seen_ = true;
    state_.condition = GpuCondition::kOk;
    state_.reason.clear();
    return state_;
  }
  Disconnect();
  state_.condition = trouble->condition;
  if (seen_ && trouble->condition == GpuCondition::kAbsent) state_.condition = GpuCondition::kLost;
  state_.reason = std::move(trouble->reason);
  if (state_.condition != GpuCondition::kFailing) ClearReadings(state_);
  return state_;
}

std::optional<NvmlSession::Trouble> NvmlSession::Connect() {
  if (device_ != nullptr) return std::nullopt;
  if (!nvml_) {
    Result<NvmlLibrary> library = LoadNvml(options_.nvml_path);
    if (!library) return Trouble{GpuCondition::kAbsent, std::move(library.error().message)};
    nvml_ = *library;
  }
  if (const Return code = nvml_->init(); code != Return::kSuccess) {
    return Trouble{ConditionOf(code), fmt::format("NVML does not start: {}", NvmlErrorText(code))};
  }
  initialised_ = true;
  if (auto trouble = FindDevice()) return trouble;
  Introduce();
  WatchEvents();
  if (gone_) return Trouble{ConditionOf(*gone_), NvmlErrorText(*gone_)};
  return std::nullopt;
}

void NvmlSession::Disconnect() {
  // Frees the events' set too.
  if (std::exchange(initialised_, false) && nvml_->shutdown != nullptr) nvml_->shutdown();
  board_ = device_ = nullptr;
  events_ = nullptr;
}

std::optional<NvmlSession::Trouble> NvmlSession::FindDevice() {
  const Result<NvmlDeviceName> name = VisibleDevice(options_.visible_devices, options_.device_index);
  if (!name) return Trouble{GpuCondition::kAbsent, name.error().message};
  part_ = nvml::kNoInstance;
  const auto* index = std::get_if<unsigned>(&*name);
  std::optional<Trouble> trouble = index != nullptr ? FindByIndex(*index) : FindByUuid(std::get<std::string>(*name));
  if (trouble) return trouble;
  if (device_ == board_ && IsDivided(board_)) {
    // Without a part that may be seen, what the whole GPU tells has to do.
    if (nvml::Device part = FindPart(board_, ""); part != nullptr) device_ = part;
  }
  if (device_ != board_) Ask(nvml_->gpu_instance, device_, &part_);
  return std::nullopt;
}

std::optional<NvmlSession::Trouble> NvmlSession::FindByIndex(unsigned index) {
  unsigned count = 0;
  Return code = Ask(nvml_->device_count, &count);
  if (code == Return::kSuccess && index >= count) {
    return Trouble{GpuCondition::kAbsent, fmt::format("NVML finds {} GPUs, and number {} is wanted", count, index)};
  }
  if (code == Return::kSuccess) code = Ask(nvml_->device_by_index, index, &board_);
  if (code != Return::kSuccess) {
    return Trouble{ConditionOf(code), fmt::format("GPU {}: {}", index, NvmlErrorText(code))};
  }
  device_ = board_;
  return std::nullopt;
}

std::optional<NvmlSession::Trouble> NvmlSession::FindByUuid(const std::string& start) {
  unsigned count = 0;
  if (const Return code = Ask(nvml_->device_count, &count); code != Return::kSuccess) {
    return Trouble{ConditionOf(code), NvmlErrorText(code)};
  }
  std::optional<Return> lost;
  for (unsigned index = 0; index < count; ++index) {
    nvml::Device board = nullptr;
    Ask(nvml_->device_by_index, index, &board);
    const std::string uuid = board == nullptr ? "" : AskText(nvml_->uuid, board);
    // Another GPU's loss is not this one's, but this one may be the lost one.
    if (gone_) lost = std::exchange(gone_, std::nullopt);
    nvml::Device found = nullptr;
    if (!uuid.empty() && uuid.starts_with(start)) found = board;
    if (found == nullptr && board != nullptr && start.starts_with("MIG-")) found = FindPart(board, start);
    if (found == nullptr) continue;
    board_ = board;
    device_ = found;
    return std::nullopt;
  }
  if (lost) return Trouble{ConditionOf(*lost), fmt::format("GPU {}: {}", start, NvmlErrorText(*lost))};
  return Trouble{GpuCondition::kAbsent, fmt::format("none of the {} GPUs that NVML finds is {}", count, start)};
}

bool NvmlSession::IsDivided(nvml::Device board) {
  unsigned current = 0;
  unsigned pending = 0;
  state_.mig = Ask(nvml_->mig_mode, board, &current, &pending) == Return::kSuccess && current == nvml::kMigEnabled;
  return state_.mig;
}

nvml::Device NvmlSession::FindPart(nvml::Device board, const std::string& start) {
  if (!IsDivided(board)) return nullptr;
  unsigned count = 0;
  Ask(nvml_->mig_device_limit, board, &count);
  for (unsigned index = 0; index < count; ++index) {
    nvml::Device part = nullptr;
    // Between the parts that there are may be numbers without one.
    if (Ask(nvml_->mig_device, board, index, &part) != Return::kSuccess) continue;
    if (start.empty() || AskText(nvml_->uuid, part).starts_with(start)) return part;
  }
  return nullptr;
}

void NvmlSession::Introduce() {
  state_.name = AskText(nvml_->name, device_);
  state_.uuid = AskText(nvml_->uuid, device_);
  std::array<char, nvml::kTextSize> version{};
  if (Ask(nvml_->driver_version, version.data(), nvml::kTextSize) == Return::kSuccess) {
    state_.driver_version = version.data();
  }
  state_.slowdown_celsius = AskThreshold(nvml::kThresholdSlowdown);
  state_.shutdown_celsius = AskThreshold(nvml::kThresholdShutdown);
}

void NvmlSession::WatchEvents() {
  state_.xid_watched = false;
  if (nvml_->event_set_wait == nullptr) return;
  unsigned long long supported = 0;
  if (Ask(nvml_->supported_events, board_, &supported) != Return::kSuccess) return;
  if ((supported & nvml::kEventXidCritical) == 0) return;
  nvml::EventSet events = nullptr;
  if (Ask(nvml_->event_set_create, &events) != Return::kSuccess) return;
  if (Ask(nvml_->register_events, board_, nvml::kEventXidCritical, events) != Return::kSuccess) return;
  events_ = events;
  state_.xid_watched = true;
}

std::optional<NvmlSession::Trouble> NvmlSession::Read() {
  // The events first: a GPU that falls off the bus says so once, and then nothing more.
  DrainEvents();
  if (auto trouble = ReadMemory()) return trouble;
  ReadProcessMemory();
  ReadClimate();
  ReadEcc();
  if (gone_) return Trouble{ConditionOf(*gone_), NvmlErrorText(*gone_)};
  return std::nullopt;
}

std::optional<NvmlSession::Trouble> NvmlSession::ReadMemory() {
  nvml::Memory memory{};
  const Return code = Ask(nvml_->memory, device_, &memory);
  if (code != Return::kSuccess && !IsUntold(code)) {
    return Trouble{ConditionOf(code), fmt::format("its memory cannot be read: {}", NvmlErrorText(code))};
  }
  state_.memory_total_bytes = state_.memory_used_bytes = state_.memory_free_bytes = std::nullopt;
  if (code == Return::kSuccess) {
    state_.memory_total_bytes = memory.total;
    state_.memory_used_bytes = memory.used;
    state_.memory_free_bytes = memory.free;
  }
  return std::nullopt;
}

void NvmlSession::ReadProcessMemory() {
  state_.process_memory_bytes = std::nullopt;
  std::vector<nvml::ProcessInfo> processes(16);
  while (processes.size() <= kMostProcesses) {
    auto count = static_cast<unsigned>(processes.size());
    const Return code = Ask(nvml_->processes, device_, &count, processes.data());
    if (code == Return::kInsufficientSize) {
      processes.resize(2 * processes.size());
      continue;
    }
    if (code == Return::kSuccess) {
      state_.process_memory_bytes =
          OwnMemory(std::span(processes).first(std::min<std::size_t>(count, processes.size())));
    }
    return;
  }
}

void NvmlSession::ReadClimate() {
  nvml::Utilization utilization{};
  state_.utilization_ratio = std::nullopt;
  if (!state_.mig && Ask(nvml_->utilization, device_, &utilization) == Return::kSuccess) {
    state_.utilization_ratio = utilization.gpu / 100.0;
  }
  unsigned celsius = 0;
  state_.temperature_celsius = std::nullopt;
  if (Ask(nvml_->temperature, board_, nvml::kTemperatureGpu, &celsius) == Return::kSuccess) {
    state_.temperature_celsius = celsius;
  }
  state_.power_watts = AskNumber(nvml_->power, 1e-3);
  state_.power_limit_watts = AskNumber(nvml_->power_limit, 1e-3);
  unsigned long long reasons = 0;
  state_.throttle_reasons = std::nullopt;
  if (Ask(nvml_->throttle_reasons, board_, &reasons) == Return::kSuccess) state_.throttle_reasons = reasons;
}

void NvmlSession::ReadEcc() {
  unsigned long long count = 0;
  if (Ask(nvml_->ecc_errors, board_, nvml::kMemoryErrorCorrected, nvml::kVolatileEcc, &count) == Return::kSuccess) {
    state_.ecc_corrected = ecc_corrected_.Take(count);
  }
  if (Ask(nvml_->ecc_errors, board_, nvml::kMemoryErrorUncorrected, nvml::kVolatileEcc, &count) == Return::kSuccess) {
    state_.ecc_uncorrected = ecc_uncorrected_.Take(count);
  }
}

void NvmlSession::DrainEvents() {
  if (events_ == nullptr) return;
  for (int taken = 0; taken < kMostEvents; ++taken) {
    nvml::EventData event{};
    // Not by Ask: it is said to report any GPU's loss, and this one's shows in its readings.
    if (nvml_->event_set_wait(events_, &event, kEventWaitMilliseconds) != Return::kSuccess) return;
    const bool others =
        part_ != nvml::kNoInstance && event.gpu_instance_id != nvml::kNoInstance && event.gpu_instance_id != part_;
    if (event.event_type == nvml::kEventXidCritical && !others) CountXid(event.event_data);
  }
}

void NvmlSession::CountXid(std::uint64_t xid) {
  state_.last_xid = xid;
  switch (MeaningOfXid(xid).kind) {
    case XidKind::kCritical:
      ++state_.xid_critical;
      state_.last_critical_xid = xid;
      break;
    case XidKind::kApplication:
      ++state_.xid_application;
      break;
    case XidKind::kOther:
      ++state_.xid_other;
      break;
  }
}

std::string NvmlSession::AskText(Return (*function)(nvml::Device, char*, unsigned), nvml::Device device) {
  std::array<char, nvml::kTextSize> text{};
  if (Ask(function, device, text.data(), nvml::kTextSize) != Return::kSuccess) return {};
  text.back() = '\0';
  return text.data();
}

std::optional<double> NvmlSession::AskNumber(Return (*function)(nvml::Device, unsigned*), double factor) {
  unsigned value = 0;
  if (Ask(function, board_, &value) != Return::kSuccess) return std::nullopt;
  return value * factor;
}

std::optional<double> NvmlSession::AskThreshold(unsigned threshold) {
  unsigned celsius = 0;
  if (Ask(nvml_->temperature_threshold, board_, threshold, &celsius) != Return::kSuccess) return std::nullopt;
  // Some GPUs answer 0 for one that they do not have.
  if (celsius == 0) return std::nullopt;
  return celsius;
}

}  // namespace doclayout::health
