#include "runtime/openvino/split_convolutions.h"

#include <gtest/gtest.h>

#include <memory>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <vector>

namespace doclayout::runtime {
namespace {

namespace op = ov::opset13;

std::shared_ptr<op::Constant> Integers(const std::vector<std::int64_t>& values) {
  return op::Constant::create(ov::element::i64, {values.size()}, values);
}

std::shared_ptr<op::Constant> Axis(std::int64_t axis) {
  return op::Constant::create(ov::element::i64, {}, {axis});
}

/// 0.1, 0.2, ...
std::shared_ptr<op::Constant> Floats(const ov::Shape& shape) {
  std::vector<float> values(ov::shape_size(shape));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.1F * static_cast<float>(i + 1);
  return op::Constant::create(ov::element::f32, shape, values);
}

/// A convolution of [?, 3, 4, 5] to 6 channels.
struct Head {
  std::shared_ptr<op::Parameter> input =
      std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 3, 4, 5});
  std::shared_ptr<ov::Node> convolution;

  explicit Head(const ov::Output<ov::Node>& weights = Floats({6, 3, 1, 1}))
      : convolution(std::make_shared<op::Convolution>(input, weights, ov::Strides{1, 1}, ov::CoordinateDiff{0, 0},
                                                      ov::CoordinateDiff{0, 0}, ov::Strides{1, 1})) {}

  std::shared_ptr<ov::Node> Biased(const ov::Shape& shape = {1, 6, 1, 1}) const {
    return std::make_shared<op::Add>(convolution, Floats(shape));
  }

  /// With an output for each of the split's, by the names "0", "1", ...
  std::shared_ptr<ov::Model> Model(const std::shared_ptr<ov::Node>& split, ov::OutputVector others = {}) const {
    ov::OutputVector outputs = split->outputs();
    for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i].set_names({std::to_string(i)});
    outputs.insert(outputs.end(), others.begin(), others.end());
    return std::make_shared<ov::Model>(outputs, ov::ParameterVector{input});
  }
};

std::shared_ptr<ov::Node> SplitOf(const std::shared_ptr<ov::Node>& source, std::int64_t axis = 1) {
  return std::make_shared<op::VariadicSplit>(source, Axis(axis), Integers({1, 2, 3}));
}

std::size_t Convolutions(const ov::Model& graph) {
  std::size_t count = 0;
  for (const auto& node : graph.get_ordered_ops()) count += ov::is_type<op::Convolution>(node) ? 1 : 0;
  return count;
}

/// All outputs for two pages.
std::vector<std::vector<float>> Infer(const std::shared_ptr<ov::Model>& graph) {
  ov::Core core;
  auto request =
      core.compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32)).create_infer_request();
  ov::Tensor input(ov::element::f32, {2, 3, 4, 5});
  for (std::size_t i = 0; i < input.get_size(); ++i) input.data<float>()[i] = 0.01F * static_cast<float>(i);
  request.set_input_tensor(input);
  request.infer();
  std::vector<std::vector<float>> outputs;
  for (std::size_t i = 0; i < graph->outputs().size(); ++i) {
    const ov::Tensor output = request.get_output_tensor(i);
    outputs.emplace_back(output.data<const float>(), output.data<const float>() + output.get_size());
  }
  return outputs;
}

/// The same values, shapes and names, of `count` convolutions.
void ExpectSplit(const std::shared_ptr<ov::Model>& graph, std::size_t count) {
  const auto before = Infer(graph->clone());
  std::vector<ov::PartialShape> shapes;
  for (const auto& output : graph->outputs()) shapes.push_back(output.get_partial_shape());

  EXPECT_EQ(SplitConvolutions(*graph), 1);

  EXPECT_EQ(Convolutions(*graph), count);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_EQ(graph->output(std::to_string(i)).get_partial_shape(), shapes[i]);
  }
  const auto after = Infer(graph);
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_EQ(after[i].size(), before[i].size());
    for (std::size_t k = 0; k < before[i].size(); ++k) EXPECT_FLOAT_EQ(after[i][k], before[i][k]);
  }
}

void ExpectUntouched(const std::shared_ptr<ov::Model>& graph) {
  EXPECT_EQ(SplitConvolutions(*graph), 0);
  EXPECT_EQ(Convolutions(*graph), 1U);
}

TEST(SplitConvolutions, PartsOfAConvolutionWithBiasAreConvolutionsOfTheirOwn) {
  const Head head;

  ExpectSplit(head.Model(SplitOf(head.Biased())), 3);
}

TEST(SplitConvolutions, AConvolutionWithoutBias) {
  const Head head;

  ExpectSplit(head.Model(SplitOf(head.convolution)), 3);
}

TEST(SplitConvolutions, ABiasInFrontAndAnAxisThatCountsFromTheEnd) {
  const Head head;
  const auto biased = std::make_shared<op::Add>(Floats({1, 6, 1, 1}), head.convolution);

  ExpectSplit(head.Model(SplitOf(biased, -3)), 3);
}

TEST(SplitConvolutions, EqualPartsAndABiasThatTheGraphReshapes) {
  const Head head;
  const auto bias = std::make_shared<op::Reshape>(Floats({6}), Integers({1, 6, 1, 1}), false);
  const auto biased = std::make_shared<op::Add>(head.convolution, bias);

  ExpectSplit(head.Model(std::make_shared<op::Split>(biased, Axis(1), 2)), 2);
}

TEST(SplitConvolutions, WhatAnotherReaderNeedsWholeStays) {
  const Head first;
  const auto biased = first.Biased();
  ExpectUntouched(first.Model(SplitOf(biased), {std::make_shared<op::Sin>(biased)}));

  const Head second;
  ExpectUntouched(second.Model(SplitOf(second.Biased()), {std::make_shared<op::Sin>(second.convolution)}));
}

TEST(SplitConvolutions, ASplitAlongAnotherAxisStays) {
  const Head head;

  ExpectUntouched(head.Model(std::make_shared<op::Split>(head.Biased(), Axis(2), 2)));
}

TEST(SplitConvolutions, ABiasThatIsNotOneValueAChannelStays) {
  const Head head;
  ExpectUntouched(head.Model(SplitOf(head.Biased({1, 6, 4, 1}))));
}

TEST(SplitConvolutions, AConvolutionWithComputedWeightsStays) {
  const auto stored = op::Constant::create(ov::element::i8, {6, 3, 1, 1}, std::vector<std::int8_t>(18, 3));
  const Head head(std::make_shared<op::Convert>(stored, ov::element::f32));

  ExpectUntouched(head.Model(SplitOf(head.convolution)));
}

TEST(SplitConvolutions, WhatIsNoConvolutionStays) {
  const auto input = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 6, 4, 5});
  ov::Model graph(SplitOf(std::make_shared<op::Sin>(input))->outputs(), ov::ParameterVector{input});

  EXPECT_EQ(SplitConvolutions(graph), 0);
}

}  // namespace
}  // namespace doclayout::runtime
