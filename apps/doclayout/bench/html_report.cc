#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/numbers.h"
#include "bench/report.h"
#include "bench/svg_plot.h"

namespace doclayout::bench {
namespace {

constexpr std::size_t kMostPoints = 600;
constexpr int kColours = 8;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --back: #ffffff; --text: #1c2126; --dim: #5b6670; --line: #d5dbe1; --band: #f0f3f6;
  --good: #1a7f37; --bad: #c1272d;
  --c0: #1f6fd1; --c1: #c05a00; --c2: #b3261e; --c3: #1a7f37; --c4: #7b3fc4; --c5: #00808a; --c6: #8a6d00; --c7: #b0307f; }
@media (prefers-color-scheme: dark) { :root { --back: #14181c; --text: #e4e8ec; --dim: #9aa5b0; --line: #333b43; --band: #1c2228;
  --good: #56d07a; --bad: #ff7b72;
  --c0: #6cb0ff; --c1: #ffa657; --c2: #ff7b72; --c3: #56d07a; --c4: #c39bff; --c5: #4fd5df; --c6: #e3c04a; --c7: #ff8ad0; } }
body { background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1080px;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.sentence { border-left: 4px solid var(--c0); padding: .5rem 1rem; background: var(--band); font-size: 1.05rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: right; white-space: nowrap; }
th { color: var(--dim); font-weight: 600; white-space: normal; vertical-align: bottom; } td:last-child, th:last-child, table.facts td { text-align: left; }
table.facts th { text-align: left; } table.facts td { white-space: normal; overflow-wrap: anywhere; }
.held { color: var(--good); } .broken { color: var(--bad); }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; }
.legend { margin: .2rem 0; color: var(--dim); font-size: .85rem; } .legend span { margin-right: 1rem; white-space: nowrap; }
.legend i { display: inline-block; width: 1.4rem; height: 0; border-top: 3px solid; margin-right: .35rem; vertical-align: middle; }
.legend i.dashed { border-top-style: dashed; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--dim); font: 12px system-ui, sans-serif; }
svg path { fill: none; stroke-width: 1.8; stroke-linejoin: round; } svg path.dashed { stroke-dasharray: 5 4; }
.grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--dim); stroke-width: 1; }
.limit { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 2 4; } .band { fill: var(--band); }
)";

std::string Style() {
  std::string style(kStyle);
  for (int colour = 0; colour < kColours; ++colour) {
    style += fmt::format("path.c{0} {{ stroke: var(--c{0}); }} circle.c{0} {{ fill: var(--c{0}); }} ", colour);
    style += fmt::format(".legend i.c{0} {{ border-color: var(--c{0}); }}\n", colour);
  }
  return style;
}

std::string Cell(std::string_view text) {
  return fmt::format("<td>{}</td>", Escaped(text));
}

std::string Fact(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", Escaped(name), Escaped(value));
}

std::string Facts(const Report& report) {
  std::string html = "<table class=\"facts\">\n" + Fact("Service", report.url);
  if (report.version) {
    html += Fact("Version", fmt::format("{} ({})", report.version->version, report.version->commit));
    html += Fact("Model", fmt::format("{} ({}), SHA-256 {}", report.version->model_name, report.version->model_family,
                                      report.version->model_sha256));
    html += Fact("Runtime", report.version->runtime);
  }
  html += Fact("Slots", report.slots ? fmt::format("{}", *report.slots) : "not told");
  html += Fact("Pages", fmt::format("{} different, {} bytes on average, sent as {}", report.pages,
                                    report.page_bytes / std::max<std::size_t>(report.pages, 1), report.body));
  html += Fact("Load", fmt::format("{} arrivals, seed {}, {}, callers wait {}", report.arrivals, report.seed,
                                   report.keep_alive ? "connections kept alive" : "one request a connection",
                                   SecondsText(report.timeout_s)));
  html += Fact("Objectives", fmt::format("p99 within {}, {} % answered well", SecondsText(report.objectives.p99_s),
                                         Rounded(100 * report.objectives.success)));
  return html + Fact("Measured", fmt::format("{} by {}", report.started, report.program)) + "</table>\n";
}

std::string StepTable(const Report& report) {
  std::string html =
      "<div class=\"wide\"><table>\n<tr><th>Load</th><th>Offered /s</th><th>OK "
      "/s</th><th>p50</th><th>p90</th><th>p95</th>"
      "<th>p99</th><th>p99.9</th><th>max</th>";
  const std::vector<Outcome> told = ToldOutcomes(report.steps);
  for (const Outcome outcome : told) html += fmt::format("<th>{}</th>", Escaped(OutcomeTitle(outcome)));
  html += "<th>Objectives</th></tr>\n";
  for (const StepResult& step : report.steps) {
    html += "<tr>" + Cell(LoadText(step.plan)) + Cell(Rounded(step.Offered())) + Cell(Rounded(step.Throughput()));
    for (const double quantile : {0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      html += Cell(step.ok.count() > 0 ? SecondsText(step.ok.Quantile(quantile)) : "–");
    }
    for (const Outcome outcome : told) html += Cell(fmt::format("{}", step.Count(outcome)));
    const Verdict verdict = Judge(step, report.objectives);
    html += verdict.held ? "<td class=\"held\">held</td></tr>\n"
                         : fmt::format("<td class=\"broken\">{}</td></tr>\n", Escaped(verdict.reason));
  }
  return html + "</table></div>\n";
}

std::string OrDash(std::optional<double> value, std::string (*text)(double)) {
  return value ? text(*value) : "–";
}

std::string Mebibytes(double bytes) {
  return Rounded(bytes / (1 << 20)) + " MiB";
}

std::string Percent(double share) {
  return Rounded(100 * share) + " %";
}

/// "1 to 5 s"
std::string RetryText(const StepResult& step) {
  if (!step.least_retry_s || !step.most_retry_s) return "–";
  const std::string most = SecondsText(*step.most_retry_s);
  return *step.least_retry_s == *step.most_retry_s ? most : fmt::format("{} to {}", Rounded(*step.least_retry_s), most);
}

/// What lies behind the latencies: what is hidden when one counts from the sending, the service's inside, the
/// generator.
std::string InsideTable(const Report& report) {
  std::string html =
      "<div class=\"wide\"><table>\n<tr><th>Load</th><th>p99 from due</th><th>p99 from send</th><th>Refusals p99</th>"
      "<th>Retry-After</th><th>A page in its slot</th><th>Slots busy</th><th>Longest queue</th><th>Processors of the "
      "service</th><th>Its memory</th><th>Sent late (p99)</th><th>Generator’s processor</th></tr>\n";
  for (const StepResult& step : report.steps) {
    const auto p99 = [](const Histogram& histogram) {
      return histogram.count() > 0 ? SecondsText(histogram.Quantile(0.99)) : "–";
    };
    html += "<tr>" + Cell(LoadText(step.plan)) + Cell(p99(step.ok)) + Cell(p99(step.ok_from_send)) +
            Cell(p99(step.refused)) + Cell(RetryText(step)) + Cell(OrDash(step.service.inference_s, SecondsText)) +
            Cell(OrDash(step.service.busy, Rounded)) + Cell(OrDash(step.service.most_queued, Rounded)) +
            Cell(OrDash(step.service.processors, Rounded)) + Cell(OrDash(step.service.resident_bytes, Mebibytes)) +
            Cell(p99(step.late)) + Cell(Percent(step.generator_cpu)) + "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string ErrorTable(const Report& report) {
  std::string rows;
  for (const StepResult& step : report.steps) {
    for (const auto& [outcome, example] : step.examples) {
      rows += "<tr>" + Cell(LoadText(step.plan)) + Cell(OutcomeTitle(outcome)) +
              Cell(fmt::format("{}", step.Count(outcome))) +
              Cell(example.status > 0 ? fmt::format("{}", example.status) : "–") + Cell(example.detail) + "</tr>\n";
    }
  }
  if (rows.empty()) return "";
  return "<h2>Errors</h2>\n<div "
         "class=\"wide\"><table>\n<tr><th>Load</th><th>Kind</th><th>Count</th><th>Status</th><th>For "
         "example</th></tr>\n" +
         rows + "</table></div>\n";
}

std::vector<Band> BandsOf(const Report& report, const std::vector<Moment>& moments) {
  std::vector<Band> bands;
  int step = -1;
  for (const Moment& moment : moments) {
    const double end = moment.start_s + moment.length_s;
    if (moment.step == step && !bands.empty()) {
      bands.back().to = end;
      continue;
    }
    step = moment.step;
    const auto index = static_cast<std::size_t>(step);
    bands.push_back({moment.start_s, end, index < report.steps.size() ? LoadText(report.steps[index].plan) : ""});
  }
  return bands;
}

/// A line of one value a moment, drawn at the moment's middle.
template <typename Value>
Line Over(const std::vector<Moment>& moments, std::string name, int colour, Value value) {
  Line line{.name = std::move(name), .colour = colour};
  for (const Moment& moment : moments) {
    line.points.emplace_back(moment.start_s + moment.length_s / 2, value(moment));
  }
  return line;
}

std::string TimePlots(const Report& report) {
  const std::vector<Moment> moments = Thinned(report.moments, kMostPoints);
  if (moments.empty()) return "";
  const std::vector<Band> bands = BandsOf(report, moments);
  const auto rate = [](std::uint64_t Moment::* count) {
    return [count](const Moment& moment) {
      return moment.length_s > 0 ? static_cast<double>(moment.*count) / moment.length_s : kNothing;
    };
  };
  const auto value = [](std::optional<double> Moment::* time) {
    return [time](const Moment& moment) { return (moment.*time).value_or(kNothing); };
  };
  const Plot latency{
      .title = "Latency of good answers over time",
      .x_label = "time since the start (s), when the answer came",
      .y_label = "latency",
      .lines = {Over(moments, "p50", 0, value(&Moment::p50_s)), Over(moments, "p95", 1, value(&Moment::p95_s)),
                Over(moments, "p99", 2, value(&Moment::p99_s))},
      .bands = bands,
      .limit = report.objectives.p99_s,
      .limit_name = "objective of the p99",
      .times = true};
  Line due = Over(moments, "due", 0, rate(&Moment::due));
  due.dashed = true;
  const Plot throughput{.title = "Throughput, refusals and failures over time",
                        .x_label = "time since the start (s)",
                        .y_label = "requests per second",
                        .lines = {due, Over(moments, "answered well", 3, rate(&Moment::ok)),
                                  Over(moments, "refused", 1, rate(&Moment::refused)),
                                  Over(moments, "failed otherwise", 2, rate(&Moment::failed))},
                        .bands = bands};
  Plot inside{.title = "Requests on their way and busy slots over time",
              .x_label = "time since the start (s)",
              .y_label = "number at once",
              .lines = {Over(moments, "requests without an answer yet", 0,
                             [](const Moment& moment) { return static_cast<double>(moment.in_flight); })},
              .bands = bands};
  const bool told = std::any_of(moments.begin(), moments.end(), [](const Moment& moment) { return moment.slots_busy; });
  if (told) {
    inside.lines.push_back(Over(moments, "busy slots", 3, value(&Moment::slots_busy)));
    inside.lines.push_back(Over(moments, "waiting for a slot", 4, value(&Moment::queued)));
  }
  return RenderPlot(latency) + RenderPlot(throughput) + RenderPlot(inside);
}

/// Latency by percentile: a line a step, as far as its answers reach.
std::string DistributionPlot(const Report& report) {
  Plot plot{.title = "Latency distribution of each step",
            .x_label = "percentile of the good answers",
            .y_label = "latency",
            .times = true,
            .percentiles = true};
  for (const StepResult& step : report.steps) {
    if (step.ok.count() == 0) continue;
    const auto index = static_cast<int>(&step - report.steps.data());
    Line line{.name = LoadText(step.plan), .colour = index % kColours, .dashed = index / kColours % 2 == 1};
    const double last = std::min(4.0, std::log10(static_cast<double>(step.ok.count())));
    constexpr int kPoints = 80;
    for (int point = 0; point <= kPoints; ++point) {
      const double nines = last * point / kPoints;
      line.points.emplace_back(nines, step.ok.Quantile(1 - std::pow(10, -nines)));
    }
    plot.lines.push_back(std::move(line));
  }
  return plot.lines.empty() ? "" : RenderPlot(plot);
}

/// The knee: what a higher rate costs.
std::string RatePlots(const Report& report) {
  std::vector<const StepResult*> steps;
  for (const StepResult& step : report.steps) {
    if (step.plan.rate > 0) steps.push_back(&step);
  }
  if (steps.size() < 2) return "";
  std::sort(steps.begin(), steps.end(), [](const auto* a, const auto* b) { return a->plan.rate < b->plan.rate; });
  Plot latency{.title = "Latency by offered rate",
               .x_label = "offered rate (pages per second)",
               .y_label = "latency",
               .limit = report.objectives.p99_s,
               .limit_name = "objective of the p99",
               .times = true};
  Plot answers{
      .title = "Answers by offered rate", .x_label = "offered rate (pages per second)", .y_label = "per second"};
  int colour = 0;
  for (const double quantile : {0.5, 0.95, 0.99}) {
    Line line{.name = "p" + Rounded(100 * quantile), .colour = colour++, .dots = true};
    for (const StepResult* step : steps) {
      line.points.emplace_back(step->plan.rate, step->ok.count() > 0 ? step->ok.Quantile(quantile) : kNothing);
    }
    latency.lines.push_back(std::move(line));
  }
  Line good{.name = "answered well", .colour = 3, .dots = true};
  Line refused{.name = "refused", .colour = 1, .dots = true};
  for (const StepResult* step : steps) {
    good.points.emplace_back(step->plan.rate, step->Throughput());
    refused.points.emplace_back(
        step->plan.rate,
        step->measured_s > 0 ? static_cast<double>(step->Count(Outcome::kRefused)) / step->measured_s : kNothing);
  }
  answers.lines = {std::move(good), std::move(refused)};
  return RenderPlot(latency) + RenderPlot(answers);
}

}  // namespace

std::string HtmlReport(const Report& report) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Load of {}</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<h1>What the service holds</h1>\n<p class=\"sentence\">{}</p>\n",
      Escaped(report.url), Style(), Escaped(report.suggestion.sentence));
  if (!report.notes.empty()) {
    html += "<ul>\n";
    for (const std::string& note : report.notes) html += fmt::format("<li>{}</li>\n", Escaped(note));
    html += "</ul>\n";
  }
  html += Facts(report) + "<h2>Steps</h2>\n" + StepTable(report);
  html +=
      "<p>Latencies count from the moment a request was due. Requests are counted in the step in which they were due; "
      "OK /s is "
      "the good answers that came within its time.</p>\n";
  html += InsideTable(report) + ErrorTable(report);
  html += "<h2>Plots</h2>\n" + RatePlots(report) + TimePlots(report) + DistributionPlot(report);
  return html + "</body>\n</html>\n";
}

}  // namespace doclayout::bench
