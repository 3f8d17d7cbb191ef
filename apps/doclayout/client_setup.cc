#include "client_setup.h"

#include <fmt/format.h>

#include <utility>

namespace doclayout {

Result<ClientSetup> SetUpClients(const config::ClientConfig& config, Logger& logger, metrics::Registry& registry) {
  ClientSetup setup;
  setup.policy.rate = http::RateOf(config.rate_limit);
  if (config.rate_burst > 0) setup.policy.rate.burst = config.rate_burst;
  setup.policy.keys_for_probes = config.api_keys_for_probes;
  Result<http::Networks> proxies = http::Networks::Parse(config.trusted_proxies);
  if (!proxies) return Fail(proxies.error().code, fmt::format("--trusted-proxies: {}", proxies.error().message));
  setup.policy.trusted_proxies = std::move(*proxies);
  if (config.api_keys_file.empty()) return setup;
  auto keys = http::ApiKeysFile::Open({.path = config.api_keys_file}, logger, registry);
  if (!keys) return Fail(std::move(keys.error()));
  setup.api_keys = std::move(*keys);
  return setup;
}

}  // namespace doclayout
