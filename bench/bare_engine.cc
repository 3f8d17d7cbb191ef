// The yardstick: a model on OpenVINO and nothing else. No decoding, no resizing, no post-processing, no HTTP.
//
// It asks the runtime itself instead of going through src/runtime/, so that a bad setting there shows as a gap to this
// program. The graph is the published one (float32 in, fixed shape), infers in float32 as the service does, and every
// request restarts itself from its own completion callback, so that no thread of ours stands between two pages.
//
//   doclayout_bare_engine                         a table: streams 1..N, threads pinned or not
//   doclayout_bare_engine --best 20               finds the best of them, runs it for 20 s, prints one JSON line
//   doclayout_bare_engine --best 20 --streams 2   the same without the search
//   doclayout_bare_engine --model v3.onnx ...     another model than the embedded one, a page at a time
//   doclayout_bare_engine --sgemm 5               GFLOP/s of a 2048 x 2048 x 2048 product in float32, one JSON line

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/openvino.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/cpu.h"
#include "model/model_file.h"

namespace doclayout {
namespace {

using Seconds = std::chrono::duration<double>;

struct Setting {
  int streams = 1;
  bool pinned = false;
};

struct Figures {
  double pages_per_second = 0;
  double cpu_ms_per_page = 0;
};

/// CPU time of the process so far.
Seconds CpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

std::shared_ptr<ov::Model> ReadEmbedded(ov::Core& core) {
  const model::ModelFile file = model::ModelFile::Embedded();
  const std::string bytes(file.bytes().begin(), file.bytes().end());
  auto graph = core.read_model(bytes, ov::Tensor());
  graph->reshape(ov::PartialShape{1, 3, file.card().input.height, file.card().input.width});
  return graph;
}

/// Any model whose open dimensions are the batch's.
std::shared_ptr<ov::Model> ReadFile(ov::Core& core, const std::string& path) {
  auto graph = core.read_model(path);
  std::map<std::string, ov::PartialShape> shapes;
  for (const auto& input : graph->inputs()) {
    ov::PartialShape shape = input.get_partial_shape();
    for (auto& size : shape) {
      if (size.is_dynamic()) size = 1;
    }
    shapes.emplace(input.get_any_name(), shape);
  }
  graph->reshape(shapes);
  return graph;
}

/// Values as a normalised page has them. Convolutions cost the same whatever they are, but not for denormal numbers.
/// Small inputs tell a page's size: any will do, but it has to be one.
void FillWithNoise(ov::Tensor tensor) {
  if (tensor.get_size() < 1000) {
    std::fill_n(tensor.data<float>(), tensor.get_size(), 800.0F);
    return;
  }
  std::mt19937 random(1);
  std::uniform_real_distribution<float> pixel(-2.0F, 2.5F);
  std::generate_n(tensor.data<float>(), tensor.get_size(), [&] { return pixel(random); });
}

/// Multiplies two matrices of 2048 x 2048: what the processor can do at most.
std::shared_ptr<ov::Model> MakeProduct() {
  constexpr std::size_t kSide = 2048;
  const auto a = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::Shape{kSide, kSide});
  // A constant, as a model's weights are: it is laid out for the processor once.
  ov::Tensor weights(ov::element::f32, ov::Shape{kSide, kSide});
  FillWithNoise(weights);
  const auto b = std::make_shared<ov::op::v0::Constant>(weights);
  const auto product = std::make_shared<ov::op::v0::MatMul>(a, b);
  return std::make_shared<ov::Model>(ov::OutputVector{product}, ov::ParameterVector{a});
}
constexpr double kProductGigaflops = 2.0 * 2048 * 2048 * 2048 / 1e9;

/// Keeps a number of inferences running until told to stop.
///
/// Not thread-safe but for the counter, which the runtime's threads raise.
class Loop {
 public:
  explicit Loop(ov::CompiledModel& compiled) {
    const auto count = std::max(1U, compiled.get_property(ov::optimal_number_of_infer_requests));
    for (unsigned i = 0; i < count; ++i) {
      ov::InferRequest& request = requests_.emplace_back(compiled.create_infer_request());
      for (std::size_t input = 0; input < compiled.inputs().size(); ++input) {
        FillWithNoise(request.get_input_tensor(input));
      }
    }
    for (ov::InferRequest& request : requests_) {
      request.set_callback([this, &request](const std::exception_ptr& failure) {
        if (failure) return;  // `Stop` gets it from `wait`.
        done_.fetch_add(1, std::memory_order_relaxed);
        if (running_.load()) request.start_async();
      });
    }
  }

  void Start() {
    for (ov::InferRequest& request : requests_) request.start_async();
  }

  std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

  /// Blocks until nothing runs. Throws what an inference threw.
  void Stop() {
    running_.store(false);
    for (ov::InferRequest& request : requests_) request.wait();
  }

 private:
  std::deque<ov::InferRequest> requests_;  // a deque: the callbacks keep references
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> running_{true};
};

Figures Measure(ov::Core& core, const std::shared_ptr<ov::Model>& graph, Setting setting, int threads, double seconds) {
  ov::CompiledModel compiled =
      core.compile_model(graph, "CPU",
                         {ov::hint::inference_precision(ov::element::f32), ov::num_streams(setting.streams),
                          ov::inference_num_threads(threads), ov::hint::enable_cpu_pinning(setting.pinned)});
  Loop loop(compiled);
  loop.Start();
  std::this_thread::sleep_for(Seconds(std::min(1.0, seconds / 4)));  // caches and clocks warm up

  const auto start = std::chrono::steady_clock::now();
  const Seconds cpu_before = CpuTime();
  const std::uint64_t before = loop.done();
  std::this_thread::sleep_for(Seconds(seconds));
  const auto pages = static_cast<double>(loop.done() - before);
  const Seconds cpu = CpuTime() - cpu_before;
  const Seconds wall = std::chrono::steady_clock::now() - start;
  loop.Stop();
  return {.pages_per_second = pages / wall.count(), .cpu_ms_per_page = pages > 0 ? cpu.count() * 1e3 / pages : 0};
}

/// Up to one stream a thread: more would only take turns.
std::vector<Setting> Settings(int threads) {
  std::vector<Setting> settings;
  for (int streams = 1; streams <= threads; streams += streams < 8 ? 1 : streams / 4) {
    settings.push_back({.streams = streams, .pinned = false});
    settings.push_back({.streams = streams, .pinned = true});
  }
  return settings;
}

struct Options {
  int threads = AvailableProcessors();
  double seconds = 3;
  double best_seconds = 0;  ///< 0: print the table
  int streams = 0;          ///< 0: search
  bool pinned = false;
  std::string model;         ///< empty: the embedded one
  double sgemm_seconds = 0;  ///< 0: infer
};

void Declare(CLI::App& app, Options& options) {
  app.add_option("--threads", options.threads, "threads that infer; default: the processors this process may use")
      ->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "how long each setting is measured in the table and in the search")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--best", options.best_seconds, "run only the best setting, this long, and print one JSON line")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--streams", options.streams, "with --best: do not search, take this many")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--pinned", options.pinned, "with --streams: pin threads to processors");
  app.add_option("--model", options.model, "ONNX file; default: the embedded model")->check(CLI::ExistingFile);
  app.add_option("--sgemm", options.sgemm_seconds, "multiply matrices instead, this long, and print one JSON line")
      ->check(CLI::Range(0.1, 3600.0));
}

/// Measures every setting and returns the best. Prints a table when `print`.
Setting Search(ov::Core& core, const std::shared_ptr<ov::Model>& graph, const Options& options, bool print) {
  Setting best;
  double most = 0;
  if (print) fmt::print("{:>7}  {:>6}  {:>7}  {:>11}\n", "streams", "pinned", "pages/s", "CPU ms/page");
  for (const Setting setting : Settings(options.threads)) {
    const Figures figures = Measure(core, graph, setting, options.threads, options.seconds);
    if (print) {
      fmt::print("{:>7}  {:>6}  {:>7.2f}  {:>11.2f}\n", setting.streams, setting.pinned ? "yes" : "no",
                 figures.pages_per_second, figures.cpu_ms_per_page);
      std::fflush(stdout);
    }
    if (figures.pages_per_second > most) {
      most = figures.pages_per_second;
      best = setting;
    }
  }
  return best;
}

void Run(const Options& options) {
  ov::Core core;
  if (options.sgemm_seconds > 0) {
    // One product at a time on all threads: less would be one processor's figure.
    const Figures figures = Measure(core, MakeProduct(), {}, options.threads, options.sgemm_seconds);
    fmt::print("{}\n", nlohmann::json{{"gigaflops", figures.pages_per_second * kProductGigaflops}}.dump());
    return;
  }
  const auto graph = options.model.empty() ? ReadEmbedded(core) : ReadFile(core, options.model);
  const bool table = options.best_seconds == 0;
  Setting best{.streams = options.streams, .pinned = options.pinned};
  if (table || options.streams == 0) best = Search(core, graph, options, table);
  if (table) return;

  const Figures figures = Measure(core, graph, best, options.threads, options.best_seconds);
  const nlohmann::ordered_json line = {{"pages_per_second", figures.pages_per_second},
                                       {"streams", best.streams},
                                       {"pinned", best.pinned},
                                       {"cpu_ms_per_page", figures.cpu_ms_per_page}};
  fmt::print("{}\n", line.dump());
}

}  // namespace
}  // namespace doclayout

int main(int argc, char** argv) {
  CLI::App app{"A model on OpenVINO alone: pages a second, without decoding and HTTP."};
  try {
    doclayout::Options options;
    doclayout::Declare(app, options);
    app.parse(argc, argv);
    doclayout::Run(options);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
