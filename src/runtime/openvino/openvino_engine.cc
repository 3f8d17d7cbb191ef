#include "runtime/openvino/openvino_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <openvino/openvino.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/cpu.h"

namespace doclayout::runtime {
namespace {

constexpr const char* kDevice = "CPU";

class OpenVinoSession final : public Session {
 public:
  OpenVinoSession(ov::InferRequest request, std::vector<std::string> output_names)
      : request_(std::move(request)), output_names_(std::move(output_names)) {
    ov::Tensor input = request_.get_input_tensor();
    input_ = {input.data<std::uint8_t>(), input.get_byte_size()};
    views_.resize(output_names_.size());
  }

  int batch() const override { return 1; }
  std::span<std::uint8_t> image(int /*index*/) override { return input_; }
  void SetScaleFactor(int /*index*/, float /*y*/, float /*x*/) override {}

  Result<std::span<const TensorView>> Run() override {
    try {
      request_.infer();
      for (std::size_t i = 0; i < views_.size(); ++i) {
        const ov::Tensor output = request_.get_output_tensor(i);
        views_[i] = {.name = output_names_[i],
                     .type = ElementType::kFloat32,
                     .shape = {output.get_shape().begin(), output.get_shape().end()},
                     .data = output.data<const float>()};
      }
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal, fmt::format("inference failed: {}", error.what()));
    }
    return views_;
  }

 private:
  ov::InferRequest request_;
  const std::vector<std::string> output_names_;
  std::span<std::uint8_t> input_;
  std::vector<TensorView> views_;
};

class OpenVinoEngine final : public Engine {
 public:
  OpenVinoEngine(ov::CompiledModel compiled, int slots) : compiled_(std::move(compiled)), slots_(slots) {}

  int slots() const override { return slots_; }
  std::string runtime() const override { return OpenVinoVersion(); }

  Result<std::unique_ptr<Session>> CreateSession() override {
    try {
      std::vector<std::string> names;
      for (const auto& output : compiled_.outputs()) names.push_back(output.get_any_name());
      return std::make_unique<OpenVinoSession>(compiled_.create_infer_request(), std::move(names));
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal, fmt::format("no inference session could be made: {}", error.what()));
    }
  }

 private:
  ov::CompiledModel compiled_;
  const int slots_;
};

/// Pages go in as they are decoded, uint8 [1, height, width, 3]; what turns them into the graph's own input becomes
/// part of the graph, and of its first convolution.
std::shared_ptr<ov::Model> FoldInputConversion(const std::shared_ptr<ov::Model>& graph,
                                               const model::InputContract& contract) {
  graph->reshape(ov::PartialShape{1, 3, contract.height, contract.width});
  ov::preprocess::PrePostProcessor steps(graph);
  steps.input().tensor().set_element_type(ov::element::u8).set_layout("NHWC");
  steps.input().model().set_layout("NCHW");
  steps.input()
      .preprocess()
      .convert_element_type(ov::element::f32)
      .scale(255.0F)
      .mean({contract.mean.begin(), contract.mean.end()})
      .scale({contract.deviation.begin(), contract.deviation.end()});
  for (std::size_t i = 0; i < graph->outputs().size(); ++i) {
    steps.output(i).tensor().set_element_type(ov::element::f32);
  }
  return steps.build();
}

ov::AnyMap CompileSettings(const OpenVinoOptions& options) {
  ov::AnyMap settings;
  if (options.precision == Precision::kFloat32) settings.emplace(ov::hint::inference_precision(ov::element::f32));
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

/// A file may declare other shapes than its graph gives: then every page would fail, and nobody would know before.
Result<void> CheckOutputs(std::span<const TensorView> outputs, const model::ModelCard& card) {
  for (const model::OutputContract& contract : model::ExpectedOutputs(card, 1)) {
    if (contract.output >= outputs.size()) {
      return Fail(ErrorCode::kBadModel, fmt::format("the model gives {} outputs where its file declares at least {}",
                                                    outputs.size(), contract.output + 1));
    }
    if (!model::Fits(contract, outputs[contract.output].shape)) {
      return Fail(ErrorCode::kBadModel,
                  fmt::format("the model's output '{}' has the shape [{}] where its file declares [{}]",
                              outputs[contract.output].name, fmt::join(outputs[contract.output].shape, ","),
                              fmt::join(contract.shape, ",")));
    }
  }
  return {};
}

Result<std::unique_ptr<Engine>> Load(const model::ModelFile& file, const OpenVinoOptions& options) {
  try {
    ov::Core core;
    if (options.precision == Precision::kBfloat16 && !SupportsBfloat16(core)) {
      return Fail(ErrorCode::kBadParameter,
                  "precision bf16 needs a processor with bfloat16 instructions (AVX-512 BF16 or AMX); use f32 or auto");
    }
    const std::string bytes(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    const auto graph = FoldInputConversion(core.read_model(bytes, ov::Tensor()), file.card().input);
    ov::CompiledModel compiled = core.compile_model(graph, kDevice, CompileSettings(options));
    const auto slots = static_cast<int>(compiled.get_property(ov::optimal_number_of_infer_requests));
    auto engine = std::make_unique<OpenVinoEngine>(std::move(compiled), std::max(1, slots));

    Result<std::unique_ptr<Session>> session = engine->CreateSession();
    if (!session) return Fail(session.error());
    std::ranges::fill((*session)->image(0), std::uint8_t{255});
    const auto warm = (*session)->Run();
    if (!warm) return Fail(warm.error());
    if (auto good = CheckOutputs(*warm, file.card()); !good) return Fail(good.error());
    return engine;
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kBadModel, fmt::format("the runtime cannot load the model: {}", error.what()));
  }
}

}  // namespace

Result<Precision> ParsePrecision(std::string_view name) {
  if (name == "f32") return Precision::kFloat32;
  if (name == "bf16") return Precision::kBfloat16;
  if (name == "auto") return Precision::kAuto;
  return Fail(ErrorCode::kBadParameter, fmt::format("precision '{}' is not one of f32, bf16, auto", name));
}

Result<std::unique_ptr<Engine>> LoadOpenVino(const model::ModelFile& file, const OpenVinoOptions& options) {
  Result<std::unique_ptr<Engine>> engine = Fail(ErrorCode::kInternal, "the model was not loaded");
  // The runtime starts its threads while it compiles and first infers, and a thread inherits its creator's nice value.
  std::thread loader([&] {
    LowerThreadPriority(options.niceness);
    engine = Load(file, options);
  });
  loader.join();
  return engine;
}

std::string OpenVinoVersion() {
  const ov::Version version = ov::get_openvino_version();
  return fmt::format("OpenVINO {}", version.buildNumber);
}

}  // namespace doclayout::runtime
