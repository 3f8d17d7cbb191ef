#include <fmt/format.h>

#include <algorithm>

#include "bench/numbers.h"
#include "bench/report.h"
#include "terminal_text.h"

namespace doclayout::bench {
namespace {

using Row = std::vector<std::string>;

/// Columns to the right, but for the last; "µ" counts as one.
std::string Aligned(const std::vector<Row>& rows) {
  const auto width = [](const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
  };
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width(row[column]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      text += std::string(widths[column] - width(row[column]), ' ') + row[column] + "  ";
    }
    text += row.back() + "\n";
  }
  return text;
}

std::string Table(const Report& report) {
  const std::vector<Outcome> told = ToldOutcomes(report.steps);
  Row head{"LOAD", "OFFERED/S", "OK/S", "P50", "P90", "P99", "P99.9", "MAX"};
  for (const Outcome outcome : told) {
    std::string title(OutcomeTitle(outcome));
    std::transform(title.begin(), title.end(), title.begin(), [](char letter) {
      return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    });
    head.push_back(title);
  }
  head.emplace_back("OBJECTIVES");
  std::vector<Row> rows{head};
  for (const StepResult& step : report.steps) {
    Row row{LoadText(step.plan), Rounded(step.Offered()), Rounded(step.Throughput())};
    for (const double quantile : {0.5, 0.9, 0.99, 0.999, 1.0}) {
      row.push_back(step.ok.count() > 0 ? SecondsText(step.ok.Quantile(quantile)) : "-");
    }
    for (const Outcome outcome : told) row.push_back(fmt::format("{}", step.Count(outcome)));
    const Verdict verdict = Judge(step, report.objectives);
    row.push_back(verdict.held ? "held" : verdict.reason);
    rows.push_back(row);
  }
  return Aligned(rows);
}

std::string Errors(const Report& report) {
  std::string text;
  std::vector<Outcome> told;
  for (const StepResult& step : report.steps) {
    for (const auto& [outcome, example] : step.examples) {
      if (std::find(told.begin(), told.end(), outcome) != told.end()) continue;
      told.push_back(outcome);
      const std::string status = example.status > 0 ? fmt::format(" ({})", example.status) : "";
      text += fmt::format("{}{}, for example: {}\n", OutcomeTitle(outcome), status,
                          example.detail.empty() ? "nothing was said" : Printable(example.detail));
    }
  }
  return text;
}

std::string Service(const Report& report) {
  std::string text = Printable(report.url);
  if (report.version) {
    text += fmt::format(": {}, model {}, {}", Printable(report.version->version), Printable(report.version->model_name),
                        Printable(report.version->runtime));
  }
  if (report.slots) text += fmt::format(", {} slot{}", *report.slots, *report.slots == 1 ? "" : "s");
  return text + "\n";
}

}  // namespace

std::string TextReport(const Report& report) {
  std::string text = Service(report);
  if (!report.steps.empty()) text += "\n" + Table(report);
  if (const std::string errors = Errors(report); !errors.empty()) text += "\n" + errors;
  text += '\n';
  for (const std::string& note : report.notes) text += "Note: " + note + "\n";
  return text + report.suggestion.sentence + "\n";
}

}  // namespace doclayout::bench
