#include "probe/service_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace doclayout::probe {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestText = 500;

/// The text under a key, cut; empty where there is none.
std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return "";
  return found->get_ref<const std::string&>().substr(0, kLongestText);
}

std::optional<health::Status> StatusOf(std::string_view name) {
  using health::Status;
  for (const Status status : {Status::kNotApplicable, Status::kHealthy, Status::kWarning, Status::kUnhealthy}) {
    if (name == health::StatusName(status)) return status;
  }
  return std::nullopt;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

/// Nothing for what cannot be shown as a check.
std::optional<health::Check> ReadCheck(const json& entry) {
  if (!entry.is_object()) return std::nullopt;
  health::Check check{.name = TextOf(entry, "name")};
  if (!IsName(check.name)) return std::nullopt;
  // A status that a later service may have is worth a look, and no alarm.
  check.status = StatusOf(TextOf(entry, "status")).value_or(health::Status::kWarning);
  check.details = TextOf(entry, "details");
  if (const auto value = entry.find("value"); value != entry.end() && value->is_number()) {
    check.value = value->get<double>();
    check.unit = TextOf(entry, "unit");
  }
  return check;
}

json Parse(const std::string& body) {
  return json::parse(body, nullptr, false);
}

/// Nothing for what is no health report.
std::optional<health::Report> ReadReport(const json& body) {
  if (!body.is_object()) return std::nullopt;
  const auto status = StatusOf(TextOf(body, "status"));
  const auto checks = body.find("checks");
  if (!status || checks == body.end() || !checks->is_array()) return std::nullopt;
  health::Report report{.status = *status};
  for (const json& entry : *checks) {
    if (report.checks.size() == kMostChecks) break;
    auto check = ReadCheck(entry);
    const auto same = [&](const health::Check& other) { return other.name == check->name; };
    if (check && std::ranges::none_of(report.checks, same)) report.checks.push_back(std::move(*check));
  }
  return report;
}

bool SaysDraining(const health::Report& report) {
  return std::ranges::any_of(report.checks, [](const health::Check& check) {
    return check.name == "draining" && check.status == health::Status::kUnhealthy;
  });
}

/// An RFC 9457 answer; the code is empty for what is none.
struct Problem {
  std::string code;
  std::string detail;
};

Problem ReadProblem(const json& body) {
  if (!body.is_object()) return {};
  return {.code = TextOf(body, "code"), .detail = TextOf(body, "detail")};
}

std::string WhatItSaid(int status, const Problem& problem) {
  if (problem.code.empty()) return fmt::format("it answered {}, and no health report", status);
  return fmt::format("it answered {} {}: {}", status, problem.code, problem.detail);
}

std::string NoAnswer(const client::Answer& answer) {
  return answer.timed_out ? "it did not answer in time" : answer.fault;
}

/// Of an answer without a report.
Verdict JudgeProblem(int status, const Problem& problem) {
  if (problem.code == "draining") return Verdict::kDraining;
  if (problem.code == "not_ready") return Verdict::kStarting;
  // The service itself says that it failed. What comes without its code may be of a proxy before it.
  return status >= 500 && !problem.code.empty() ? Verdict::kUnhealthy : Verdict::kUnreachable;
}

Verdict JudgeReport(int status, const health::Report& report) {
  if (status == 503 && SaysDraining(report)) return Verdict::kDraining;
  if (status == 503 || report.status == health::Status::kUnhealthy) return Verdict::kUnhealthy;
  return report.status == health::Status::kWarning ? Verdict::kWarning : Verdict::kHealthy;
}

/// What keeps it from being up.
std::string PhaseOf(const health::Report& report) {
  const auto first = std::ranges::find(report.checks, health::Status::kUnhealthy, &health::Check::status);
  if (first == report.checks.end()) return "it does not say what it waits for";
  return fmt::format("{}: {}", first->name, first->details);
}

}  // namespace

Outcome ReadDeepHealth(const client::Answer& answer) {
  if (answer.status == 0) return {.reason = NoAnswer(answer)};
  Outcome outcome{.http_status = answer.status};
  const json body = Parse(answer.body);
  auto report = ReadReport(body);
  if (report && (answer.status == 200 || answer.status == 503)) {
    outcome.verdict = JudgeReport(answer.status, *report);
    outcome.checks = std::move(report->checks);
    return outcome;
  }
  const Problem problem = ReadProblem(body);
  outcome.verdict = JudgeProblem(answer.status, problem);
  outcome.reason = WhatItSaid(answer.status, problem);
  return outcome;
}

std::string_view StartStateName(StartState state) {
  switch (state) {
    case StartState::kStarted:
      return "started";
    case StartState::kStarting:
      return "starting";
    case StartState::kDraining:
      return "draining";
    case StartState::kUnreachable:
      return "unreachable";
    case StartState::kRefused:
      return "refused";
  }
  return "unreachable";
}

StartUp ReadStartUp(const client::Answer& answer) {
  if (answer.status == 200) return {StartState::kStarted, ""};
  if (answer.status == 0) return {StartState::kUnreachable, NoAnswer(answer)};
  const json body = Parse(answer.body);
  const auto report = ReadReport(body);
  if (answer.status == 503 && report) {
    return {SaysDraining(*report) ? StartState::kDraining : StartState::kStarting, PhaseOf(*report)};
  }
  const Problem problem = ReadProblem(body);
  const std::string said = WhatItSaid(answer.status, problem);
  if (problem.code == "draining") return {StartState::kDraining, said};
  if (problem.code == "not_ready") return {StartState::kStarting, said};
  return {answer.status >= 500 || answer.status == 429 ? StartState::kUnreachable : StartState::kRefused, said};
}

}  // namespace doclayout::probe
