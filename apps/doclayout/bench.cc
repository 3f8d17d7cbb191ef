#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/cpu.h"
#include "base/descriptors.h"
#include "bench/interrupt.h"
#include "bench/knee_search.h"
#include "bench/load.h"
#include "bench/numbers.h"
#include "bench/pages.h"
#include "bench/report.h"
#include "bench/target.h"
#include "bench/transfers.h"
#include "commands.h"
#include "console.h"
#include "output_file.h"
#include "progress.h"

namespace doclayout {
namespace {

using bench::Report;
using bench::StepPlan;
using bench::StepResult;

/// Standard streams, report, timer, signals, resolver and what libcurl wakes itself with.
constexpr std::size_t kOtherDescriptors = 64;

std::string Now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

/// A run, step by step, as the options want it.
class Run {
 public:
  Run(const config::BenchConfig& config, bench::Load& load, Report& report)
      : config_(config), load_(load), report_(report) {}

  void RunAll() {
    for (const double rate : config_.rates) {
      if (!RunStep(Open(rate))) return;
    }
    for (const int connections : config_.connections) {
      if (!RunStep(Closed(connections, config_.duration_s))) return;
    }
    if (config_.rates.empty() && config_.connections.empty()) FindKnee();
  }

 private:
  StepPlan Open(double rate) const {
    return {.rate = rate, .warm_up_s = config_.warm_up_s, .duration_s = config_.duration_s};
  }

  StepPlan Closed(int connections, double duration_s) const {
    return {.connections = connections, .warm_up_s = config_.warm_up_s, .duration_s = duration_s};
  }

  /// False when there is no sense in further steps: interrupted, or the service says nothing at all.
  bool RunStep(const StepPlan& plan) {
    report_.steps.push_back(load_.Run(plan));
    return !load_.interrupted() && report_.steps.back().Answered() > 0;
  }

  /// First what a page takes alone, then about how many there can be, and from there on the rates between.
  void FindKnee() {
    if (!RunStep(Closed(1, config_.duration_s / 2))) return;
    constexpr int kAFew = 8;
    if (!RunStep(Closed(std::max(kAFew, 2 * report_.slots.value_or(0)), config_.duration_s / 2))) return;
    const double most = std::max(report_.steps[0].Throughput(), report_.steps[1].Throughput());
    if (most == 0) return;  // answered, but never well
    bench::KneeSearch search({.first_rate = most / 2});
    while (const auto rate = search.NextRate()) {
      if (!RunStep(Open(*rate))) return;
      search.Record(Judge(report_.steps.back(), report_.objectives).held);
    }
  }

  const config::BenchConfig& config_;
  bench::Load& load_;
  Report& report_;
};

Report Describe(const config::BenchConfig& config, const bench::Target& target, const bench::Pages& pages) {
  return {.program = fmt::format("doclayout {} ({})", Version(), Commit()),
          .started = Now(),
          .url = target.printable,
          .pages = pages.bodies.size(),
          .page_bytes = pages.bytes,
          .body = config.body,
          .arrivals = config.arrivals,
          .seed = config.seed,
          .keep_alive = config.keep_alive,
          .timeout_s = config.timeout_s,
          .objectives = {.p99_s = config.p99_s, .success = config.success},
          .target_rate = config.target_rate};
}

/// What the service says of itself, where it does.
void AskService(const bench::Transfers& transfers, const bench::Target& target, Report& report) {
  if (const auto text = transfers.FetchNow(target.version)) report.version = bench::ReadVersion(*text);
  if (report.version && report.version->version.empty()) report.version.reset();
  if (const auto text = transfers.FetchNow(target.metrics)) {
    const auto slots = bench::ReadMetrics(*text).slots;
    constexpr double kMost = 1e6;
    if (slots && *slots >= 1 && *slots <= kMost) report.slots = static_cast<int>(*slots);
  }
}

int MostAtOnce(const config::BenchConfig& config) {
  const auto most = std::max_element(config.connections.begin(), config.connections.end());
  return std::max(config.max_in_flight, most != config.connections.end() ? *most : 0);
}

/// Lowers the number of connections to what the process may open; false when not even one is left.
bool FitDescriptors(int& most) {
  const auto wanted = static_cast<std::size_t>(most) + kOtherDescriptors;
  const std::size_t allowed = RaiseDescriptorLimit(wanted);
  if (allowed >= wanted) return true;
  if (allowed <= kOtherDescriptors) return false;
  most = static_cast<int>(allowed - kOtherDescriptors);
  Complain(fmt::format(
      "at most {} connections are open at once: the hard limit of open files (ulimit -Hn) allows no more", most));
  return true;
}

std::function<void(const StepResult&)> ShowProgress(StatusLine& line) {
  return [&line](const StepResult& step) {
    const double left = std::max(0.0, step.plan.duration_s - step.measured_s);
    std::string text =
        fmt::format("{}: {} ok, {} refused, {} otherwise", LoadText(step.plan), step.Count(bench::Outcome::kOk),
                    step.Count(bench::Outcome::kRefused),
                    step.Requests() - step.Count(bench::Outcome::kOk) - step.Count(bench::Outcome::kRefused));
    if (step.ok.count() > 0) text += fmt::format(", p99 {}", bench::SecondsText(step.ok.Quantile(0.99)));
    line.Show(fmt::format("{}; {:.0f} s left in this step", text, std::ceil(left)));
  };
}

/// Writes what was found out; the exit code.
int Tell(const config::BenchConfig& config, const Report& report) {
  const std::string text = config.format == "json" ? bench::JsonReport(report) : bench::TextReport(report);
  Result<void> written = WriteToStandardOutput(text);
  if (written && !config.report.empty()) {
    auto file = PendingFile::Write(config.report, bench::HtmlReport(report));
    written = file ? file->Publish() : Result<void>(Fail(file.error()));
  }
  if (!written) {
    Complain(written.error().message);
    return kExitSomeFailed;
  }
  const bool any = std::any_of(report.steps.begin(), report.steps.end(),
                               [](const StepResult& step) { return step.Count(bench::Outcome::kOk) > 0; });
  return any ? kExitGood : kExitSomeFailed;
}

int Refuse(const Error& error, int exit_code) {
  Complain(error.message);
  return exit_code;
}

}  // namespace

int RunBench(const config::BenchConfig& config) {
  // On a machine that the service shares, a generator that has to wait for a processor would be taken for a slow
  // service.
  ShortenTurns();
  bench::Interrupt interrupt;
  const auto target = bench::ReadTarget(config.url, config.query);
  if (!target) return Refuse(target.error(), kExitUsage);
  if (!config.report.empty()) {
    if (const auto good = CheckWritable(config.report); !good) return Refuse(good.error(), kExitUsage);
  }
  const auto pages = bench::ReadPages(config.pages, config.body == "multipart");
  if (!pages) return Refuse(pages.error(), kExitUsage);
  int most = MostAtOnce(config);
  if (!FitDescriptors(most)) {
    return Refuse({ErrorCode::kInternal, "too few files may be open (ulimit -Hn) for any connection"}, kExitSomeFailed);
  }
  const auto transfers = bench::Transfers::Make({.target = *target,
                                                 .headers = config.headers,
                                                 .content_type = pages->content_type,
                                                 .keep_alive = config.keep_alive,
                                                 .most = most,
                                                 .interrupt_descriptor = interrupt.descriptor()});
  if (!transfers) return Refuse(transfers.error(), kExitSomeFailed);

  Report report = Describe(config, *target, *pages);
  AskService(**transfers, *target, report);
  StatusLine line;
  bench::Load load({.timeout_s = config.timeout_s,
                    .poisson = config.arrivals == "poisson",
                    .seed = config.seed,
                    .on_second = ShowProgress(line)},
                   **transfers, *pages, interrupt);
  Run(config, load, report).RunAll();
  load.Finish();
  line.Clear();
  report.moments = load.timeline().moments();
  report.interrupted = load.interrupted();
  report.notes = FindNotes(report, target->on_this_machine);
  report.suggestion = bench::Suggest(
      report.steps, {.objectives = report.objectives, .slots = report.slots, .target_rate = config.target_rate});
  return Tell(config, report);
}

}  // namespace doclayout
