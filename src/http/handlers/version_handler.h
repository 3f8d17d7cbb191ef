#pragma once

#include <string>

#include "http/handler.h"

namespace doclayout::http {

/// What runs here. Plain text values, from the composition root.
struct VersionInfo {
  std::string version;       ///< "0.1.0"
  std::string commit;        ///< of the source; empty when not known
  std::string model_name;    ///< "picodet-cdla"
  std::string model_sha256;  ///< of the model's file, hexadecimal
  std::string model_family;  ///< "picodet"
  std::string runtime;       ///< "openvino 2026.4 (CPU, f32)"
};

/// Answers it as JSON. On the I/O thread.
class VersionHandler final : public Handler {
 public:
  explicit VersionHandler(const VersionInfo& info);

  Outcome Begin(const Exchange& exchange) override;

 private:
  const std::string json_;
};

}  // namespace doclayout::http
