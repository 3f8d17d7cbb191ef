#pragma once

#include "config/config.h"

namespace doclayout {

/// What the process exits with.
enum ExitCode {
  kExitGood = 0,
  kExitSomeFailed = 1,  ///< analyze: at least one file; serve: it could not be served; bench: no page was answered
                        ///< well; probe --once: unhealthy
  kExitUsage = 2,       ///< probe --once: also that the service could not be asked
  kExitModel = 3,       ///< the model cannot be loaded
  kExitStuck = 4,       ///< serve: an inference hung; it drained, and is to be started anew
  kExitMemory = 5,      ///< serve: it took more memory than it may; it drained, and is to be started anew
};

/// `doclayout analyze`: regions of files, to standard output or files. Returns the exit code.
int RunAnalyze(const config::AnalyzeConfig& config);

/// `doclayout serve`: serves until SIGTERM or SIGINT, then answers what was accepted. Returns the exit code.
int RunServe(const config::ServeConfig& config);

/// `doclayout postprocess`: regions of recorded outputs, to standard output. Returns the exit code.
int RunPostprocess(const config::PostprocessConfig& config);

/// `doclayout model`: lists, pulls, verifies or describes models. Returns the exit code.
int RunModel(const config::ModelConfig& config);

/// `doclayout model quantize`: makes an INT8 model with a script in an environment of its own. Returns the exit code.
int RunQuantize(const config::QuantizeConfig& config);

/// `doclayout model golden`: records what a model finds on a golden page. Returns the exit code.
int RunGolden(const config::GoldenConfig& config);

/// `doclayout bench`: puts a load on a service and tells what it holds, to standard output. Returns the exit code.
int RunBench(const config::BenchConfig& config);

/// `doclayout probe`: asks a service for its deep health until SIGTERM or SIGINT, or once. Returns the exit code.
int RunProbe(const config::ProbeConfig& config);

/// "0.1.0": the program's version.
const char* Version();

/// The revision that the program was built from, "unknown" outside a checkout.
const char* Commit();

}  // namespace doclayout
