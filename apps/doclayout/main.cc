#include <malloc.h>

#include <csignal>
#include <cstddef>
#include <exception>
#include <opencv2/core/utility.hpp>
#include <span>
#include <variant>

#include "command_line.h"
#include "commands.h"
#include "config/config.h"
#include "console.h"
#include "probe_program.h"

namespace {

using doclayout::config::AnalyzeConfig;
using doclayout::config::BenchConfig;
using doclayout::config::ExitNow;
using doclayout::config::GoldenConfig;
using doclayout::config::ModelConfig;
using doclayout::config::PostprocessConfig;
using doclayout::config::ProbeConfig;
using doclayout::config::QuantizeConfig;
using doclayout::config::ServeConfig;

/// Settings of the process that only its main function may make.
void SetUpProcess() {
  // A closed connection or pipe is an error of one write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of that write
  // Pages of some megabytes come and go on every thread. Mapped one by one, they go back to the system at once;
  // left to itself the threshold rises to the largest page seen and such blocks tear holes into the heap that stay.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 4);
  // A page is resized by the thread that has it; OpenCV's own pool would compete with inference.
  cv::setNumThreads(1);
}

int Run(int argc, char** argv) {
  SetUpProcess();
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const auto command = doclayout::ReadCommandLine(arguments);
  if (const auto* exit = std::get_if<ExitNow>(&command)) return doclayout::Leave(*exit);
  if (const auto* analyze = std::get_if<AnalyzeConfig>(&command)) return doclayout::RunAnalyze(*analyze);
  if (const auto* outputs = std::get_if<PostprocessConfig>(&command)) return doclayout::RunPostprocess(*outputs);
  if (const auto* model = std::get_if<ModelConfig>(&command)) return doclayout::RunModel(*model);
  if (const auto* quantize = std::get_if<QuantizeConfig>(&command)) return doclayout::RunQuantize(*quantize);
  if (const auto* golden = std::get_if<GoldenConfig>(&command)) return doclayout::RunGolden(*golden);
  if (const auto* bench = std::get_if<BenchConfig>(&command)) return doclayout::RunBench(*bench);
  if (const auto* probe = std::get_if<ProbeConfig>(&command)) {
    doclayout::BecomeProbeProgram(arguments);
    return doclayout::RunProbe(*probe);
  }
  return doclayout::RunServe(std::get<ServeConfig>(command));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    // Modules catch what their libraries throw; what comes here is no memory, or no thread to be had.
    doclayout::Complain(error.what());
    return doclayout::kExitSomeFailed;
  }
}
