#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/options.h"

namespace doclayout::config {
namespace {

constexpr double kDay = 24 * 3600;
constexpr double kMostRate = 100'000;
constexpr int kMostConnections = 20'000;

/// The sentence that is wrong with a header, or nothing. It may hold a key: it is not repeated.
std::string IsHeader(const std::string& text) {
  const std::size_t colon = text.find(':');
  const bool good = colon != std::string::npos && colon > 0 && text.find_first_of(" \t") > colon &&
                    text.find_first_of("\r\n") == std::string::npos && text.size() > colon + 1;
  return good ? "" : "it is not 'Name: value' on one line";
}

void AddLoad(CLI::App& app, BenchConfig& config) {
  app.add_option("--rate", config.rates, "open loop: pages a second, RATE,… a step each; looked for if not given")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(0.001, kMostRate));
  app.add_option("--connections", config.connections,
                 "closed loop: callers that wait for their answer, N,… a step each")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(1, kMostConnections));
  app.add_option("--arrivals", config.arrivals, "of an open loop: as of independent callers, or in equal distances")
      ->check(CLI::IsMember({"poisson", "constant"}))
      ->capture_default_str();
  app.add_option("--duration", config.duration_s, "seconds of a step")
      ->check(CLI::Range(0.1, kDay))
      ->capture_default_str();
  app.add_option("--warm-up", config.warm_up_s, "seconds before them that are not measured")
      ->check(CLI::Range(0.0, kDay))
      ->capture_default_str();
  app.add_option("--timeout", config.timeout_s, "seconds that a caller waits, from when its request was due")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_option("--max-in-flight", config.max_in_flight,
                 "most requests at once of an open loop; what is due beyond waits here")
      ->check(CLI::Range(1, kMostConnections))
      ->capture_default_str();
  app.add_option("--seed", config.seed, "of the arrivals")->capture_default_str();
}

}  // namespace

void AddBench(CLI::App& app, BenchConfig& config) {
  app.add_option("URL", config.url, "of the service, http://localhost:8000")->required();
  app.add_option("PAGE", config.pages, "files to send in turn, or folders of images")->required();
  AddLoad(app, config);
  app.add_option("--p99", config.p99_s, "objective: seconds within which 99 of 100 good answers come")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_option("--success", config.success, "objective: least share of requests that are answered well")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--target-rate", config.target_rate, "pages a second to say a number of replicas for")
      ->check(CLI::Range(0.001, 1e9));
  app.add_option("--query", config.query, "passed on to /analyze: 'threshold=0.3&timeout_ms=2000'");
  app.add_option("--header", config.headers, "sent with each request: 'Name: value'; may be given several times")
      ->allow_extra_args(false)
      ->check(IsHeader);
  app.add_option("--body", config.body, "how pages are sent: as they are, or as a form with the field 'file'")
      ->check(CLI::IsMember({"raw", "multipart"}))
      ->capture_default_str();
  app.add_flag("!--no-keep-alive", config.keep_alive, "a connection of its own for each request");
  app.add_option("--report", config.report, "HTML file to write, with plots");
  app.add_option("--format", config.format, "of standard output")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

std::string Contradiction(const BenchConfig& config) {
  if (!config.rates.empty() && !config.connections.empty()) {
    return "--rate is of an open loop and --connections of a closed one; give one of them, or neither to look for the "
           "rate";
  }
  return "";
}

}  // namespace doclayout::config
