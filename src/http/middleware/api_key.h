#pragma once

#include "http/clients/api_keys_file.h"
#include "http/middleware.h"

namespace doclayout::http {

/// Asks for a key (`Authorization: Bearer KEY` or `X-API-Key: KEY`) and puts its name in the address's place: 401
/// `unauthorized` without one that is known. Health and metrics are open unless `keys_for_probes`. The file must
/// outlive it; null: no keys are asked for, and none looked at.
class ApiKeyMiddleware final : public Middleware {
 public:
  ApiKeyMiddleware(const ApiKeysFile* file, bool keys_for_probes) : file_(file), keys_for_probes_(keys_for_probes) {}

  std::optional<Problem> OnRequest(Exchange& exchange) override;

 private:
  const ApiKeysFile* const file_;
  const bool keys_for_probes_;
};

}  // namespace doclayout::http
