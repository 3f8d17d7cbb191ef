#include "probe/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace doclayout::probe {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::size_t kMostFacts = 10;

struct Hint {
  std::string_view check;  ///< a name, or what names begin with
  std::string_view look;
};

/// The first that fits counts.
constexpr std::array kHints = {
    Hint{"unreachable",
         "whether the process runs and what its log ends with; its port, and what lies between (policies, proxies)"},
    Hint{"inference_speed", "the node's load, throttling of its processors, pp_doclayout_load_ratio of the service"},
    Hint{"detection_accuracy", "which model is served (/version), when it was exchanged last, and its file's digest"},
    Hint{"gpu_memory", "nvidia-smi on the node: who else uses the GPU, and whether memory grows from day to day"},
    Hint{"gpu_", "nvidia-smi on the node: temperature, clocks, errors (dmesg: Xid)"},
    Hint{"process_memory", "process_resident_memory_bytes of the service against its limit"},
    Hint{"", "the service's log since then, and its /deep-health"},
};

std::string_view HintFor(std::string_view check) {
  return std::ranges::find_if(kHints, [check](const Hint& hint) { return check.starts_with(hint.check); })->look;
}

/// One line of text: a line break in a check's details would make a heading, or hide what follows.
std::string OneLine(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return text;
}

/// "45 s", "3 min", "2 h 5 min", "3 d 4 h".
std::string Spell(Duration duration) {
  const auto total = std::max<seconds::rep>(duration_cast<seconds>(duration).count(), 0);
  constexpr seconds::rep kMinute = 60;
  constexpr seconds::rep kHour = 60 * kMinute;
  constexpr seconds::rep kDay = 24 * kHour;
  if (total < kMinute) return fmt::format("{} s", total);
  if (total < kHour) return fmt::format("{} min", total / kMinute);
  if (total < kDay) return fmt::format("{} h {} min", total / kHour, total % kHour / kMinute);
  return fmt::format("{} d {} h", total / kDay, total % kDay / kHour);
}

std::string Title(const Notice& notice, const Instance& instance) {
  const bool unreachable = notice.outcome.verdict == Verdict::kUnreachable;
  switch (notice.kind) {
    case Notice::Kind::kAlarm:
      return fmt::format("{} {}", instance.name, unreachable ? "cannot be asked" : "is unhealthy");
    case Notice::Kind::kChanged:
      return fmt::format("{} {}", instance.name, unreachable ? "cannot be asked any more" : "fails in another way now");
    case Notice::Kind::kReminder:
      return fmt::format("{} {}", instance.name, unreachable ? "still cannot be asked" : "is still unhealthy");
    case Notice::Kind::kRecovery:
      return fmt::format("{} is well again", instance.name);
  }
  return instance.name;
}

std::vector<std::string> Facts(const Outcome& outcome) {
  std::vector<std::string> facts;
  if (!outcome.reason.empty()) {
    facts.push_back(fmt::format("{}: {}", VerdictName(outcome.verdict), OneLine(outcome.reason)));
  }
  std::size_t left_out = 0;
  for (const health::Status status : {health::Status::kUnhealthy, health::Status::kWarning}) {
    for (const health::Check& check : outcome.checks) {
      if (check.status != status) continue;
      if (facts.size() == kMostFacts) {
        ++left_out;
        continue;
      }
      facts.push_back(fmt::format("{} ({}): {}", check.name, StatusName(status), OneLine(check.details)));
    }
  }
  if (left_out > 0) facts.push_back(fmt::format("and {} more", left_out));
  return facts;
}

std::vector<std::string> Advice(const Outcome& outcome, const Instance& instance) {
  std::vector<std::string> advice;
  for (const std::string& name : Failing(outcome)) {
    std::string look(HintFor(name));
    if (std::ranges::find(advice, look) == advice.end()) advice.push_back(std::move(look));
  }
  advice.push_back(fmt::format("{}/deep-health; docs/operations.md says what each check means", instance.url));
  return advice;
}

/// https://api.slack.com/reference/surfaces/formatting#escaping
std::string EscapeForSlack(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// What Markdown would read as more than text.
std::string EscapeForMarkdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\`*[]<>#").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Dump(const nlohmann::ordered_json& json) {
  // What the service said was cut at a byte, and need not have been text at all.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Message Describe(const Notice& notice, const Instance& instance, std::chrono::system_clock::time_point now) {
  const bool over = notice.kind == Notice::Kind::kRecovery;
  Message message{.title = OneLine(Title(notice, instance))};
  if (over) {
    message.since = fmt::format("It failed for {}.", Spell(notice.lasted));
    return message;
  }
  const auto began =
      std::chrono::system_clock::to_time_t(now - duration_cast<std::chrono::system_clock::duration>(notice.lasted));
  message.since = fmt::format("Since {:%Y-%m-%d %H:%M:%S} UTC ({}).", fmt::gmtime(began), Spell(notice.lasted));
  message.facts = Facts(notice.outcome);
  message.advice = Advice(notice.outcome, instance);
  return message;
}

std::string SlackJson(const Message& message) {
  std::string text = fmt::format("*{}*\n", EscapeForSlack(message.title));
  for (const std::string& fact : message.facts) text += fmt::format("• {}\n", EscapeForSlack(fact));
  text += EscapeForSlack(message.since);
  if (!message.advice.empty()) text += "\nLook at:\n";
  for (const std::string& look : message.advice) text += fmt::format("• {}\n", EscapeForSlack(look));
  return Dump({{"text", text}});
}

std::string DingTalkJson(const Message& message) {
  std::string text = fmt::format("### {}\n\n", EscapeForMarkdown(message.title));
  for (const std::string& fact : message.facts) text += fmt::format("- {}\n", EscapeForMarkdown(fact));
  text += fmt::format("\n{}\n\n", EscapeForMarkdown(message.since));
  if (!message.advice.empty()) text += "Look at:\n\n";
  for (const std::string& look : message.advice) text += fmt::format("- {}\n", EscapeForMarkdown(look));
  return Dump({{"msgtype", "markdown"}, {"markdown", {{"title", message.title}, {"text", text}}}});
}

}  // namespace doclayout::probe
