#include "runtime/openvino/narrow_stacks.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <vector>

namespace doclayout::runtime {
namespace {

namespace op = ov::opset13;
using Values = std::vector<std::int64_t>;

std::shared_ptr<op::Constant> Integers(const Values& values) {
  return op::Constant::create(ov::element::i64, {values.size()}, values);
}

std::shared_ptr<op::Constant> Scalar(std::int64_t value) {
  return op::Constant::create(ov::element::i64, {}, {value});
}

/// Three layers of arithmetic on one input [?, 4], and a stack [?, 3, 4] of what each gives.
struct Layers {
  std::shared_ptr<op::Parameter> input = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 4});
  std::shared_ptr<op::Concat> stack;

  Layers() {
    ov::Output<ov::Node> layer = input;
    ov::OutputVector parts;
    for (int i = 0; i < 3; ++i) {
      layer = std::make_shared<op::Sin>(layer);
      const auto head = std::make_shared<op::Exp>(layer);
      parts.emplace_back(std::make_shared<op::Unsqueeze>(head, Integers({1})));
    }
    stack = std::make_shared<op::Concat>(parts, 1);
  }

  /// With one output, `reader`, by the name "out".
  std::shared_ptr<ov::Model> Model(const std::shared_ptr<ov::Node>& reader) const {
    reader->output(0).set_names({"out"});
    return std::make_shared<ov::Model>(ov::OutputVector{reader}, ov::ParameterVector{input});
  }
};

std::size_t Heads(const ov::Model& graph) {
  std::size_t heads = 0;
  for (const auto& node : graph.get_ordered_ops()) heads += ov::is_type<op::Exp>(node) ? 1 : 0;
  return heads;
}

std::vector<float> Infer(const std::shared_ptr<ov::Model>& graph) {
  ov::Core core;
  auto request =
      core.compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32)).create_infer_request();
  ov::Tensor input(ov::element::f32, {2, 4});
  for (std::size_t i = 0; i < 8; ++i) input.data<float>()[i] = 0.1F * static_cast<float>(i);
  request.set_input_tensor(input);
  request.infer();
  const ov::Tensor output = request.get_tensor("out");
  return {output.data<const float>(), output.data<const float>() + output.get_size()};
}

/// The same bits before and after, and heads that nobody reads are gone.
void ExpectNarrowed(const std::shared_ptr<ov::Model>& graph, std::size_t heads = 1) {
  const auto before = Infer(graph->clone());
  const ov::PartialShape shape = graph->output(0).get_partial_shape();

  EXPECT_EQ(NarrowStacks(*graph), 1);

  EXPECT_EQ(Heads(*graph), heads);
  EXPECT_EQ(graph->output("out").get_partial_shape(), shape);
  EXPECT_EQ(Infer(graph), before);
}

void ExpectUntouched(const std::shared_ptr<ov::Model>& graph) {
  EXPECT_EQ(NarrowStacks(*graph), 0);
  EXPECT_EQ(Heads(*graph), 3U);
}

TEST(NarrowStacks, AGatherOfTheLastLayerNeedsThatLayerAlone) {
  const Layers layers;

  ExpectNarrowed(layers.Model(std::make_shared<op::Gather>(layers.stack, Scalar(-1), Scalar(1))));
}

TEST(NarrowStacks, AGatherOfAMiddleLayerFromAnAxisThatCountsFromTheEnd) {
  const Layers layers;

  ExpectNarrowed(layers.Model(std::make_shared<op::Gather>(layers.stack, Scalar(1), Scalar(-2))));
}

TEST(NarrowStacks, ASliceOfOnePartNeedsThatPartAlone) {
  const Layers layers;

  const auto end = Integers({std::numeric_limits<std::int32_t>::max()});
  const auto slice = std::make_shared<op::Slice>(layers.stack, Integers({-1}), end, Integers({1}), Integers({1}));

  ExpectNarrowed(layers.Model(slice));
}

TEST(NarrowStacks, AStridedSliceOfOnePartNeedsThatPartAlone) {
  const Layers layers;

  const auto slice = std::make_shared<op::StridedSlice>(layers.stack, Integers({0, 1}), Integers({0, 2}),
                                                        Integers({1, 1}), Values{1, 0}, Values{1, 0});

  ExpectNarrowed(layers.Model(slice));
}

TEST(NarrowStacks, WhatAnotherReaderNeedsStays) {
  const Layers layers;
  const auto last = std::make_shared<op::Gather>(layers.stack, Scalar(-1), Scalar(1));
  const auto sum = std::make_shared<op::ReduceSum>(layers.stack, Integers({1}));

  ExpectNarrowed(layers.Model(std::make_shared<op::Add>(last, sum)), 3);
}

TEST(NarrowStacks, ReadersOfMoreOrOtherThanOnePartStay) {
  const auto slice = [](const Layers& layers, std::int64_t begin, std::int64_t end, std::int64_t step,
                        std::int64_t axis) {
    return layers.Model(std::make_shared<op::Slice>(layers.stack, Integers({begin}), Integers({end}), Integers({step}),
                                                    Integers({axis})));
  };
  ExpectUntouched(slice(Layers(), 1, 3, 1, 1));
  ExpectUntouched(slice(Layers(), 0, 3, 2, 1));
  ExpectUntouched(slice(Layers(), 2, 0, -1, 1));
  ExpectUntouched(slice(Layers(), 0, 1, 1, 2));
  ExpectUntouched(slice(Layers(), 1, 1, 1, 1));
}

TEST(NarrowStacks, AnIndexThatTheGraphComputesStays) {
  const Layers layers;
  const auto shape = std::make_shared<op::ShapeOf>(layers.input);
  const auto index = std::make_shared<op::ReduceMin>(shape, Integers({0}));

  ExpectUntouched(layers.Model(std::make_shared<op::Gather>(layers.stack, index, Scalar(1))));
}

TEST(NarrowStacks, AGatherOfSeveralPartsStays) {
  const Layers layers;

  ExpectUntouched(layers.Model(std::make_shared<op::Gather>(layers.stack, Integers({0, 2}), Scalar(1))));
}

TEST(NarrowStacks, PartsOfUnknownSizeStay) {
  const auto first = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 4});
  const auto second = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, 4});
  const auto stack = std::make_shared<op::Concat>(ov::OutputVector{first, second}, 0);
  const auto reader = std::make_shared<op::Gather>(stack, Scalar(-1), Scalar(0));
  ov::Model graph(ov::OutputVector{reader}, ov::ParameterVector{first, second});

  EXPECT_EQ(NarrowStacks(graph), 0);
}

}  // namespace
}  // namespace doclayout::runtime
