#pragma once

#include <memory>

#include "base/result.h"
#include "model/model_file.h"
#include "runtime/session.h"

namespace doclayout::runtime {

/// Arithmetic of the inference. `kAuto` is the runtime's choice, which on processors with bfloat16 is bfloat16: the
/// same page then gives other scores and boxes than elsewhere. So `kFloat32` is the default everywhere.
enum class Precision { kFloat32, kBfloat16, kAuto };

/// "f32", "bf16" or "auto"; anything else is `kBadParameter`.
Result<Precision> ParsePrecision(std::string_view name);

struct OpenVinoOptions {
  Precision precision = Precision::kFloat32;
  int threads = 0;   ///< that infer, over all streams; 0: as many as this process may use processors
  int streams = 0;   ///< pages inferred at once; 0: what the runtime finds best for that many threads
  int niceness = 0;  ///< added to the nice value of the threads that infer
};

/// Compiles a model for the CPU with OpenVINO and infers once to warm it. Blocks for some hundred milliseconds.
///
/// `file` is not needed after. `kBadModel` when the runtime cannot read or compile the graph, or when what that first
/// inference gives is not shaped as the model card says, `kBadParameter` for bfloat16 on a processor without it.
Result<std::unique_ptr<Engine>> LoadOpenVino(const model::ModelFile& file, const OpenVinoOptions& options);

/// "OpenVINO 2026.4.0-…": for `/version`.
std::string OpenVinoVersion();

}  // namespace doclayout::runtime
