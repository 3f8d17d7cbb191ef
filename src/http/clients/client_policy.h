#pragma once

#include <cstddef>

#include "http/clients/address.h"
#include "http/clients/rate.h"

namespace doclayout::http {

/// Who callers are, and how much each of them may ask for. A plain value.
struct ClientPolicy {
  Rate rate;                     ///< of a client whose key has none of its own
  Networks trusted_proxies;      ///< whose X-Forwarded-For is believed
  bool keys_for_probes = false;  ///< health and metrics need a key too, where there are keys

  /// The most clients whose requests are counted at one time; see RateLimiter.
  std::size_t most_counted_clients = 65'536;
};

}  // namespace doclayout::http
