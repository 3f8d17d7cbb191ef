#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>

#include "config/options.h"

namespace doclayout::config {
namespace {

// As a key's own rate and burst may be: `Rate` in http/clients/rate.h.
constexpr double kLeastRate = 0.001;
constexpr double kMost = 1'000'000;

std::optional<double> NumberOf(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The sentence that is wrong with a rate, or nothing.
std::string IsRate(const std::string& text) {
  const double rate = NumberOf(text).value_or(-1);
  const bool good = rate == 0 || (rate >= kLeastRate && rate <= kMost);
  return good ? "" : fmt::format("'{}' is not 0 and not from {} to {}", text, kLeastRate, kMost);
}

/// The sentence that is wrong with a burst, or nothing.
std::string IsBurst(const std::string& text) {
  const double burst = NumberOf(text).value_or(0);
  return burst >= 1 && burst <= kMost ? "" : fmt::format("'{}' is not from 1 to {}", text, kMost);
}

}  // namespace

void AddClients(CLI::App& app, ClientConfig& config) {
  FromEnvironment(app.add_option("--api-keys-file", config.api_keys_file,
                                 "JSON file of the keys that callers need, read again when it changes; no keys if not "
                                 "given"),
                  "API_KEYS_FILE");
  FromEnvironment(app.add_flag("--api-keys-for-probes,!--no-api-keys-for-probes", config.api_keys_for_probes,
                               "health and metrics need a key too"),
                  "API_KEYS_FOR_PROBES");
  FromEnvironment(
      app.add_option("--rate-limit", config.rate_limit,
                     "requests a second that each client may send, 0.5 is one in two seconds; 0: any number")
          ->check(IsRate)
          ->capture_default_str(),
      "RATE_LIMIT");
  FromEnvironment(app.add_option("--rate-burst", config.rate_burst,
                                 "requests that a client may send at once; as the rate, at least 1, if not given")
                      ->check(IsBurst),
                  "RATE_BURST");
  FromEnvironment(app.add_option("--trusted-proxies", config.trusted_proxies,
                                 "ADDRESS,… of proxies whose X-Forwarded-For is believed, as 10.0.0.0/8,192.0.2.1; "
                                 "none if not given"),
                  "TRUSTED_PROXIES");
}

std::string Contradiction(const ClientConfig& config) {
  if (config.api_keys_for_probes && config.api_keys_file.empty()) {
    return "--api-keys-for-probes is set, but there is no --api-keys-file";
  }
  // Of what is limited only by a key's own rate, the burst is the key's too.
  if (config.rate_burst > 0 && config.rate_limit == 0) {
    return fmt::format("--rate-burst is {}, but there is no --rate-limit", config.rate_burst);
  }
  return "";
}

}  // namespace doclayout::config
