#include "runtime/openvino/openvino_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>

#include <algorithm>
#include <openvino/openvino.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cpu.h"
#include "runtime/openvino/blocked_kernels.h"
#include "runtime/openvino/compiled_models.h"
#include "runtime/openvino/graph.h"
#include "runtime/openvino/narrow_stacks.h"
#include "runtime/openvino/openvino_session.h"
#include "runtime/openvino/split_convolutions.h"
#include "runtime/outputs.h"

namespace doclayout::runtime {
namespace {

constexpr const char* kDevice = "CPU";

class OpenVinoEngine final : public Engine {
 public:
  OpenVinoEngine(ov::CompiledModel compiled, model::ModelCard card, std::string note)
      : compiled_(std::move(compiled)), card_(std::move(card)), note_(std::move(note)) {
    slots_ = std::max(1, static_cast<int>(compiled_.get_property(ov::optimal_number_of_infer_requests)));
  }

  int slots() const override { return slots_; }
  std::string runtime() const override { return OpenVinoVersion(); }
  std::string note() const override { return note_; }

  Result<std::unique_ptr<Session>> CreateSession() override {
    try {
      std::vector<std::string> names;
      for (const auto& output : compiled_.outputs()) names.push_back(output.get_any_name());
      return std::make_unique<OpenVinoSession>(compiled_.create_infer_request(), card_, std::move(names));
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal, fmt::format("no inference session could be made: {}", error.what()));
    }
  }

 private:
  ov::CompiledModel compiled_;
  const model::ModelCard card_;
  const std::string note_;
  int slots_ = 1;
};

ov::AnyMap CompileSettings(const OpenVinoOptions& options) {
  ov::AnyMap settings;
  if (options.precision == Precision::kFloat32) {
    settings.emplace(ov::hint::inference_precision(ov::element::f32));
    // Left alone, activations in front of compressed weights may become 8-bit integers.
    settings.emplace(ov::hint::dynamic_quantization_group_size(0));
  }
  if (options.precision == Precision::kBfloat16) settings.emplace(ov::hint::inference_precision(ov::element::bf16));
  settings.emplace(ov::inference_num_threads(options.threads > 0 ? options.threads : AvailableProcessors()));
  if (options.streams > 0) {
    settings.emplace(ov::num_streams(options.streams));
  } else {
    settings.emplace(ov::hint::performance_mode(ov::hint::PerformanceMode::THROUGHPUT));
  }
  // Pinned threads of several processes on one machine (pods of a node) all sit on its first processors.
  settings.emplace(ov::hint::enable_cpu_pinning(false));
  return settings;
}

bool SupportsBfloat16(ov::Core& core) {
  const auto capabilities = core.get_property(kDevice, ov::device::capabilities);
  return std::find(capabilities.begin(), capabilities.end(), "BF16") != capabilities.end();
}

/// Counts up whenever a graph is made ready in another way, so that none is kept that an older version made.
constexpr int kGraphVersion = 4;

/// What a compiled model depends on besides the machine and its settings: which graph it is, and what was folded in.
std::string CacheKey(const model::ModelCard& card, int batch) {
  const model::InputContract& input = card.input;
  std::string outputs;
  for (const auto& contract : model::ExpectedOutputs(card, batch)) {
    outputs += fmt::format(" {}:{}", contract.output, static_cast<int>(OutputType(card, contract.output)));
  }
  return fmt::format(
      "graph {}\nmodel {}\nbatch {}\ninput {} {}x{} channels {} mean {} deviation {} im_shape {} scale {}\noutputs{}",
      kGraphVersion, card.sha256, batch, input.name, input.width, input.height, static_cast<int>(input.channels),
      fmt::join(input.mean, " "), fmt::join(input.deviation, " "), input.im_shape, input.scale_factor, outputs);
}

/// From its path where it has one: weights in files beside it are found from there.
std::shared_ptr<ov::Model> ReadGraph(ov::Core& core, const model::ModelFile& file) {
  if (!file.path().empty()) return core.read_model(file.path());
  const std::string bytes(file.bytes().begin(), file.bytes().end());
  return core.read_model(bytes, ov::Tensor());
}

ov::CompiledModel Compile(ov::Core& core, const model::ModelFile& file, const OpenVinoOptions& options,
                          const ov::AnyMap& settings) {
  std::shared_ptr<ov::Model> graph = ReadGraph(core, file);
  NarrowStacks(*graph);
  SplitConvolutions(*graph);
  // In other precisions the runtime has kernels of its own for what the processor has instructions for.
  if (options.precision == Precision::kFloat32 && IsMobileNetwork(*graph)) {
    graph = PrepareGraph(graph, file.card(), options.batch, PixelLayout::kPlanar);
    graph = PreferBlockedKernels(core, graph);
  } else {
    graph = PrepareGraph(graph, file.card(), options.batch, PixelLayout::kInterleaved);
  }
  return core.compile_model(graph, kDevice, settings);
}

Result<std::unique_ptr<Engine>> Load(const model::ModelFile& file, const OpenVinoOptions& options) {
  const model::ModelCard& card = file.card();
  try {
    ov::Core core;
    if (options.precision == Precision::kBfloat16 && !SupportsBfloat16(core)) {
      return Fail(ErrorCode::kBadParameter,
                  "precision bf16 needs a processor with bfloat16 instructions (AVX-512 BF16 or AMX); use f32 or auto");
    }
    const ov::AnyMap settings = CompileSettings(options);
    CompiledModels cache(core, options.cache_dir, CacheKey(card, options.batch), settings);
    std::optional<ov::CompiledModel> compiled = cache.Load();
    // What is found was inferred with and checked before it was kept.
    if (compiled) return std::make_unique<OpenVinoEngine>(std::move(*compiled), card, cache.note());

    compiled = Compile(core, file, options, settings);
    const auto session = OpenVinoEngine(*compiled, card, {}).CreateSession();
    if (!session) return Fail(session.error());
    if (auto warm = WarmUp(**session, card); !warm) return Fail(std::move(warm.error()));
    cache.Keep(*compiled);
    return std::make_unique<OpenVinoEngine>(std::move(*compiled), card, cache.note());
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kBadModel, fmt::format("the runtime cannot load the model: {}", error.what()));
  }
}

}  // namespace

Result<std::unique_ptr<Engine>> LoadOpenVino(const model::ModelFile& file, const OpenVinoOptions& options) {
  Result<std::unique_ptr<Engine>> engine = Fail(ErrorCode::kInternal, "the model was not loaded");
  // The runtime starts its threads while it compiles and first infers, and a thread inherits its creator's nice value.
  std::thread loader([&] {
    LowerThreadPriority(options.niceness);
    engine = Load(file, options);
  });
  loader.join();
  // Reading and compiling leave as much memory free as the model takes, in pages that glibc would keep.
  malloc_trim(0);
  return engine;
}

std::string OpenVinoVersion() {
  const ov::Version version = ov::get_openvino_version();
  return fmt::format("OpenVINO {}", version.buildNumber);
}

}  // namespace doclayout::runtime
