#pragma once

#include <string>
#include <utility>

#include "http/analyze/page_service.h"
#include "http/handler.h"

namespace doclayout::http {

/// What runs here. Plain text values, from the composition root.
struct VersionInfo {
  std::string version;  ///< "0.1.0"
  std::string commit;   ///< of the source; empty when not known
};

/// Answers it, and which model is served, as JSON; `model` and `runtime` are null until one is loaded. On the I/O
/// thread. The service must outlive it.
class VersionHandler final : public Handler {
 public:
  VersionHandler(VersionInfo info, const PageService& pages) : info_(std::move(info)), pages_(pages) {}

  Outcome Begin(const Exchange& exchange) override;

 private:
  const VersionInfo info_;
  const PageService& pages_;
};

}  // namespace doclayout::http
