#include "runtime/openvino/blocked_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <string>
#include <vector>

namespace doclayout::runtime {
namespace {

namespace op = ov::opset13;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kChannels = 32;

std::shared_ptr<op::Constant> Weights(const ov::Shape& shape) {
  std::vector<float> values(ov::shape_size(shape));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.01F * static_cast<float>(i % 17) - 0.05F;
  return op::Constant::create(ov::element::f32, shape, values);
}

/// With weights as ONNX keeps them: groups are told apart by the graph.
std::shared_ptr<ov::Node> Depthwise(const ov::Output<ov::Node>& input) {
  const auto shape = op::Constant::create(ov::element::i64, {5},
                                          {kChannels, std::size_t{1}, std::size_t{1}, std::size_t{3}, std::size_t{3}});
  const auto weights = std::make_shared<op::Reshape>(Weights({kChannels, 1, 3, 3}), shape, false);
  return std::make_shared<op::GroupConvolution>(input, weights, ov::Strides{1, 1}, ov::CoordinateDiff{1, 1},
                                                ov::CoordinateDiff{1, 1}, ov::Strides{1, 1});
}

std::shared_ptr<ov::Node> Pointwise(const ov::Output<ov::Node>& input, const ov::Output<ov::Node>& weights) {
  return std::make_shared<op::Convolution>(input, weights, ov::Strides{1, 1}, ov::CoordinateDiff{0, 0},
                                           ov::CoordinateDiff{0, 0}, ov::Strides{1, 1});
}

std::shared_ptr<ov::Node> Pointwise(const ov::Output<ov::Node>& input) {
  return Pointwise(input, Weights({kChannels, kChannels, 1, 1}));
}

std::shared_ptr<op::Parameter> Page() {
  const auto page = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, 3, 40, 48});
  page->output(0).set_names({"page"});
  return page;
}

/// From colours to as many channels as the rest has.
std::shared_ptr<ov::Node> Stem(const ov::Output<ov::Node>& page) {
  return std::make_shared<op::Convolution>(page, Weights({kChannels, 3, 3, 3}), ov::Strides{2, 2},
                                           ov::CoordinateDiff{1, 1}, ov::CoordinateDiff{1, 1}, ov::Strides{1, 1});
}

/// A stem, and depthwise convolutions with `others` of one pixel after each of them.
std::shared_ptr<ov::Model> Network(int depthwise, int others) {
  const auto input = Page();
  std::shared_ptr<ov::Node> last = Stem(input);
  for (int i = 0; i < depthwise; ++i) {
    last = std::make_shared<op::Relu>(Depthwise(last));
    for (int k = 0; k < others; ++k) last = std::make_shared<op::Relu>(Pointwise(last));
  }
  last->output(0).set_names({"regions"});
  return std::make_shared<ov::Model>(ov::OutputVector{last}, ov::ParameterVector{input});
}

ov::CompiledModel Compile(ov::Core& core, const std::shared_ptr<ov::Model>& graph) {
  return core.compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32));
}

/// The kernels that the runtime chose for convolutions.
std::vector<std::string> Kernels(const ov::CompiledModel& compiled) {
  std::vector<std::string> kernels;
  for (const auto& node : compiled.get_runtime_model()->get_ordered_ops()) {
    auto& about = node->get_rt_info();
    if (about["layerType"].as<std::string>() == "Convolution") {
      kernels.push_back(about["primitiveType"].as<std::string>());
    }
  }
  return kernels;
}

std::vector<float> Infer(ov::CompiledModel compiled) {
  auto request = compiled.create_infer_request();
  ov::Tensor input = request.get_tensor("page");
  for (std::size_t i = 0; i < input.get_size(); ++i) input.data<float>()[i] = 0.001F * static_cast<float>(i % 1000);
  request.infer();
  const ov::Tensor output = request.get_tensor("regions");
  return {output.data<const float>(), output.data<const float>() + output.get_size()};
}

bool HasVectorsOf256Bits() {
  return __builtin_cpu_supports("avx2") != 0;
}

TEST(BlockedKernels, InferAMobileNetworkAsTheRuntimeLikesItButForRounding) {
  ov::Core core;
  const auto graph = Network(4, 2);
  const std::vector<float> expected = Infer(Compile(core, graph->clone()));

  const ov::CompiledModel compiled = Compile(core, PreferBlockedKernels(core, graph));

  const std::vector<std::string> kernels = Kernels(compiled);
  EXPECT_EQ(kernels.size(), 13U);
  if (HasVectorsOf256Bits()) {
    EXPECT_THAT(kernels, Each(AllOf(HasSubstr("jit_avx"), Not(HasSubstr("brgconv")))));
  }
  const std::vector<float> values = Infer(compiled);
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], expected[i], 1e-5F + 1e-5F * expected[i]);
}

TEST(BlockedKernels, EveryFourthConvolutionOfAMobileNetworkIsDepthwise) {
  EXPECT_TRUE(IsMobileNetwork(*Network(2, 2)));   // 2 of 7
  EXPECT_FALSE(IsMobileNetwork(*Network(2, 3)));  // 2 of 9
  EXPECT_FALSE(IsMobileNetwork(*Network(0, 0)));
}

TEST(BlockedKernels, ConvolutionsWithComputedWeightsStay) {
  ov::Core core;
  const auto input = Page();
  const ov::Shape shape{kChannels, kChannels, 1, 1};
  const auto stored = op::Constant::create(ov::element::i8, shape, std::vector<std::int8_t>(ov::shape_size(shape), 3));
  const auto computed = Pointwise(Depthwise(Stem(input)), std::make_shared<op::Convert>(stored, ov::element::f32));
  const auto graph = std::make_shared<ov::Model>(ov::OutputVector{computed}, ov::ParameterVector{input});

  const auto changed = PreferBlockedKernels(core, graph);

  std::vector<bool> marked;
  for (const auto& node : changed->get_ordered_ops()) {
    if (!std::string(node->get_type_name()).ends_with("Convolution")) continue;
    marked.push_back(node->get_rt_info().contains("primitives_priority_0"));
  }
  EXPECT_THAT(marked, ElementsAre(true, true, false)) << "of stem, depthwise and computed";
}

TEST(BlockedKernels, AGroupOfMoreThanOneChannelIsNotDepthwise) {
  const auto input = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, kChannels, 8, 8});
  const auto grouped =
      std::make_shared<op::GroupConvolution>(input, Weights({2, kChannels / 2, kChannels / 2, 1, 1}), ov::Strides{1, 1},
                                             ov::CoordinateDiff{0, 0}, ov::CoordinateDiff{0, 0}, ov::Strides{1, 1});
  const ov::Model graph(ov::OutputVector{grouped}, ov::ParameterVector{input});

  EXPECT_FALSE(IsMobileNetwork(graph));
}

}  // namespace
}  // namespace doclayout::runtime
