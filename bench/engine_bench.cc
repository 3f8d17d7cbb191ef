// Loads a model as the service does, infers for a while and prints one JSON line: seconds to load, milliseconds a page,
// memory. For docs/performance.md; a process a line, so that nothing is left over from another setting.
//
//   doclayout_engine_bench build/release/v3/official.onnx --streams 2 --seconds 20 --cache-dir /tmp/cache

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "model/model_file.h"
#include "runtime/engine_factory.h"

namespace doclayout {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Seconds of CPU time of the process so far: what other programs take does not count.
double CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// MiB of a line of /proc/self/status: "VmRSS", "VmHWM", "RssAnon".
double Memory(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

struct Options {
  std::string model;
  std::string runtime = "auto";
  std::string device = "cpu";
  std::string precision = "f32";
  runtime::EngineOptions engine;
  double seconds = 10;
  int slots = 0;  ///< 0: as many as the engine says
};

Result<std::unique_ptr<runtime::Engine>> Load(Options options) {
  const auto runtime = runtime::ParseRuntime(options.runtime);
  if (!runtime) return Fail(runtime.error());
  const auto device = runtime::ParseDevice(options.device);
  if (!device) return Fail(device.error());
  const auto precision = runtime::ParsePrecision(options.precision);
  if (!precision) return Fail(precision.error());
  options.engine.runtime = *runtime;
  options.engine.device = *device;
  options.engine.precision = *precision;
  const auto file = options.model.empty() ? Result<model::ModelFile>(model::ModelFile::Embedded())
                                          : model::ModelFile::Load(options.model);
  if (!file) return Fail(file.error());
  return runtime::LoadEngine(*file, options.engine);
}

/// Keeps every session running for so many seconds and says how many pages were inferred.
int Infer(std::vector<std::unique_ptr<runtime::Session>>& sessions, double seconds) {
  const auto end = Clock::now() + Seconds(seconds);
  std::atomic<int> pages{0};
  std::vector<std::thread> threads;
  threads.reserve(sessions.size());
  for (auto& session : sessions) {
    threads.emplace_back([&] {
      do {
        if (!session->Run()) std::abort();
        pages += session->batch();
      } while (Clock::now() < end);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return pages;
}

int Run(const Options& options) {
  const auto start = Clock::now();
  const auto engine = Load(options);
  if (!engine) {
    std::fprintf(stderr, "error: %s\n", engine.error().message.c_str());
    return 1;
  }
  const double load = Seconds(Clock::now() - start).count();
  const double load_cpu = CpuTime();
  const double load_peak = Memory("VmHWM");
  std::vector<std::unique_ptr<runtime::Session>> sessions;
  for (int i = 0; i < (options.slots > 0 ? options.slots : (*engine)->slots()); ++i) {
    auto session = (*engine)->CreateSession();
    if (!session) return 1;
    sessions.push_back(std::move(*session));
  }
  const auto began = Clock::now();
  const double cpu_before = CpuTime();
  const int pages = Infer(sessions, options.seconds);
  const double took = Seconds(Clock::now() - began).count();
  const nlohmann::ordered_json line = {{"runtime", (*engine)->runtime()},
                                       {"slots", sessions.size()},
                                       {"batch", options.engine.batch},
                                       {"load_s", load},
                                       {"load_cpu_s", load_cpu},
                                       {"pages", pages},
                                       {"cpu_ms_per_page", (CpuTime() - cpu_before) * 1000 / pages},
                                       {"ms_per_page", took * 1000 / pages},
                                       {"load_peak_mib", load_peak},
                                       {"peak_mib", Memory("VmHWM")},
                                       {"rss_mib", Memory("VmRSS")},
                                       {"anonymous_mib", Memory("RssAnon")},
                                       {"note", (*engine)->note()}};
  fmt::print("{}\n", line.dump());
  return 0;
}

void Declare(CLI::App& app, Options& options) {
  app.add_option("model", options.model, "file or folder; none: the embedded model");
  app.add_option("--runtime", options.runtime);
  app.add_option("--device", options.device);
  app.add_option("--precision", options.precision);
  app.add_option("--onnxruntime-path", options.engine.onnxruntime_path);
  app.add_option("--cache-dir", options.engine.cache_dir);
  app.add_option("--streams", options.engine.streams);
  app.add_option("--threads", options.engine.threads);
  app.add_option("--batch", options.engine.batch)->check(CLI::Range(1, 64));
  app.add_option("--slots", options.slots, "sessions at once; default: as many as the engine is best with");
  app.add_option("--seconds", options.seconds, "how long is inferred; each session at least once");
}

}  // namespace
}  // namespace doclayout

int main(int argc, char** argv) {
  CLI::App app{"A model in its runtime alone: seconds to load, time a page, memory."};
  try {
    doclayout::Options options;
    doclayout::Declare(app, options);
    app.parse(argc, argv);
    return doclayout::Run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
