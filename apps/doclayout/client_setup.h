#pragma once

#include <memory>

#include "base/log.h"
#include "base/result.h"
#include "config/config.h"
#include "http/clients/api_keys_file.h"
#include "http/clients/client_policy.h"
#include "metrics/registry.h"

namespace doclayout {

/// Who callers are and how much each may ask for.
struct ClientSetup {
  http::ClientPolicy policy;
  std::unique_ptr<http::ApiKeysFile> api_keys;  ///< null: nobody needs a key
};

/// What the options say. Reads the file of keys, and watches it from then on. `kBadParameter` for what cannot be used,
/// with the option that is wrong. Logger and registry must outlive what is returned; once a registry.
Result<ClientSetup> SetUpClients(const config::ClientConfig& config, Logger& logger, metrics::Registry& registry);

}  // namespace doclayout
