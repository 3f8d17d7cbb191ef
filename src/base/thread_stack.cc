#include "base/thread_stack.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/stacktrace/frame.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <string_view>

namespace doclayout {
namespace {

constexpr int kMostCalls = 48;
/// The handler and the kernel's frame that calls it.
constexpr int kOwnCalls = 2;
/// Ignored by a process that has no handler for it: should it come late, or twice, it does no harm.
constexpr int kSignal = SIGURG;

/// What a signal handler can reach. Its writer is the thread that was asked, its reader waits for `done`.
struct Answer {
  std::array<void*, kMostCalls> calls;
  std::atomic<int> count;  ///< set last: a semaphore is no order that ThreadSanitizer knows
  sem_t done;
};
std::atomic<Answer*> wanted{nullptr};

/// As little as can be: backtrace() takes no lock once its library is loaded, which `Prepare` sees to.
void OnSignal(int) {
  const int error = errno;
  if (Answer* answer = wanted.exchange(nullptr)) {
    answer->count.store(backtrace(answer->calls.data(), kMostCalls));
    sem_post(&answer->done);
  }
  errno = error;
}

void Prepare() {
  static const bool kPrepared = [] {
    std::array<void*, 2> calls{};
    backtrace(calls.data(), static_cast<int>(calls.size()));
    struct sigaction action{};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART;
    return sigaction(kSignal, &action, nullptr) == 0;
  }();
  static_cast<void>(kPrepared);
}

/// "the module's file + the place in it", which addr2line takes.
std::string PlaceInModule(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return fmt::format("{}", address);
  const std::string_view file = info.dli_fname;
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  return fmt::format("{}+{:#x}", file.substr(file.rfind('/') + 1), offset);
}

std::string Describe(const void* address) {
  const boost::stacktrace::frame frame(address);
  std::string text = frame.name();
  if (text.empty()) return PlaceInModule(address);
  const std::string file = frame.source_file();
  if (!file.empty()) return fmt::format("{} {}:{}", text, file, frame.source_line());
  return fmt::format("{} {}", text, PlaceInModule(address));
}

bool WaitFor(sem_t& semaphore, Duration patience) {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(patience).count() + until.tv_nsec;
  until.tv_sec += nanoseconds / 1'000'000'000;
  until.tv_nsec = nanoseconds % 1'000'000'000;
  while (sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> StackOfThread(int thread_id, Duration patience) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  Prepare();
  static Answer answer;  // outlives a signal that comes late
  sem_init(&answer.done, 0, 0);
  answer.count = 0;
  wanted = &answer;
  if (syscall(SYS_tgkill, getpid(), thread_id, kSignal) != 0) {
    wanted = nullptr;
    return {};
  }
  if (!WaitFor(answer.done, patience)) {
    if (wanted.exchange(nullptr) != nullptr) return {};
    // It has begun to answer this moment.
    if (!WaitFor(answer.done, std::chrono::seconds(1))) return {};
  }
  std::vector<std::string> lines;
  const int count = answer.count.load();
  for (int i = kOwnCalls; i < count; ++i) lines.push_back(Describe(answer.calls.at(static_cast<std::size_t>(i))));
  return lines;
}

}  // namespace doclayout
