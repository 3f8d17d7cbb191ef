#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/model_file.h"
#include "runtime/precision.h"
#include "runtime/session.h"

namespace doclayout::runtime {

struct OpenVinoOptions {
  Precision precision = Precision::kFloat32;
  int threads = 0;        ///< that infer, over all streams; 0: as many as this process may use processors
  int streams = 0;        ///< inferences at once; 0: chosen for that many threads
  int niceness = 0;       ///< added to the nice value of the threads that infer
  int batch = 1;          ///< pages of one inference; more than 1 is slower a page and takes more memory
  std::string cache_dir;  ///< folder for compiled models; empty: none are kept
};

/// Compiles a model for the CPU with OpenVINO, infers once to warm and to check it, and keeps what was compiled if
/// there is a cache; or takes what an earlier start kept, which was checked then. Blocks: some hundred milliseconds for
/// a PicoDet, three seconds for a V3, and one when it was kept.
///
/// `file` is not needed after. A cache that cannot be used costs time and a `note()` and is no failure. `kBadModel`
/// when the runtime cannot read or compile the graph, or when what that first inference gives is not as the model card
/// says, `kBadParameter` for bfloat16 on a processor without it.
Result<std::unique_ptr<Engine>> LoadOpenVino(const model::ModelFile& file, const OpenVinoOptions& options);

/// "OpenVINO 2026.4.0-…": for `/version`.
std::string OpenVinoVersion();

}  // namespace doclayout::runtime
