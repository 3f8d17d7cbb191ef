#pragma once

#include "http/clients/address.h"
#include "http/middleware.h"

namespace doclayout::http {

/// Says from where a request is: `exchange.client` is the caller's address, of IPv6 its /64. A key gives it a name
/// later. The networks must outlive it.
class ClientMiddleware final : public Middleware {
 public:
  explicit ClientMiddleware(const Networks& trusted_proxies) : trusted_proxies_(trusted_proxies) {}

  std::optional<Problem> OnRequest(Exchange& exchange) override;

 private:
  const Networks& trusted_proxies_;
};

}  // namespace doclayout::http
