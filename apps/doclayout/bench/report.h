#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/metrics_text.h"
#include "bench/step.h"
#include "bench/suggestion.h"
#include "bench/timeline.h"

namespace doclayout::bench {

/// All that a run found out, and how it was set up. A plain value. Texts of the service are those of a stranger: what
/// renders them escapes them.
struct Report {
  std::string program;  ///< "doclayout 0.1.0 (abc1234)"
  std::string started;  ///< "2026-01-31T12:00:00Z"
  std::string url;      ///< without a password

  std::optional<VersionFacts> version;  ///< nothing: the service has no `/version`
  std::optional<int> slots;             ///< nothing: it does not tell

  std::size_t pages = 0;  ///< different ones
  std::size_t page_bytes = 0;
  std::string body;      ///< "raw" or "multipart"
  std::string arrivals;  ///< "poisson" or "constant"
  std::uint64_t seed = 0;
  bool keep_alive = true;
  double timeout_s = 0;
  Objectives objectives;
  double target_rate = 0;  ///< 0: none

  std::vector<StepResult> steps;
  std::vector<Moment> moments;
  Suggestion suggestion;
  std::vector<std::string> notes;  ///< what to keep in mind, a sentence each
  bool interrupted = false;
};

/// What to keep in mind of such steps: a generator that was at its limit, percentiles of few answers, and the
/// like. `on_this_machine`: generator and service share it.
std::vector<std::string> FindNotes(const Report& report, bool on_this_machine);

/// For a terminal, with a table; printable, whatever the service said.
std::string TextReport(const Report& report);

/// For programs: one object.
std::string JsonReport(const Report& report);

/// For people: one page of HTML that needs nothing else, neither scripts nor a network, with plots as SVG.
std::string HtmlReport(const Report& report);

}  // namespace doclayout::bench
