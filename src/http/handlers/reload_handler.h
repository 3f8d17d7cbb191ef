#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/analyze/page_service.h"
#include "http/handler.h"

namespace doclayout::http {

/// Loads the model anew, beside the one that is served, and exchanges them; returns at once and calls `done` later,
/// once, on a thread of its own, with the new one or with why the old one goes on. Thread-safe.
using ReloadModel = std::function<void(std::function<void(Result<ModelIdentity>)> done)>;

/// `POST /admin/reload`, for whoever knows the operator's token (`Authorization: Bearer TOKEN`): answers when the new
/// model serves, or 422 `bad_model` with what is wrong with it. On the I/O thread.
class ReloadHandler final : public Handler {
 public:
  ReloadHandler(std::string_view token, ReloadModel reload);

  Outcome Begin(const Exchange& exchange) override;

 private:
  const std::string token_digest_;
  const ReloadModel reload_;
};

}  // namespace doclayout::http
