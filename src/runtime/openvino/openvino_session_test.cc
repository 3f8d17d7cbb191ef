#include "runtime/openvino/openvino_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <vector>

#include "runtime/openvino/graph.h"

namespace doclayout::runtime {
namespace {

namespace op = ov::opset13;

constexpr int kWidth = 20;
constexpr int kHeight = 8;

model::ModelCard Card(model::ChannelOrder channels) {
  model::ModelCard card;
  card.family = model::Family::kPpDocLayoutV3;
  card.input = {.name = "image", .width = kWidth, .height = kHeight};
  card.input.channels = channels;
  card.input.mean = {0.1F, 0.2F, 0.3F};
  card.input.deviation = {0.5F, 1, 2};
  card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7};
  return card;
}

/// Gives what reaches a graph of `Card` for two pages.
std::vector<float> Reaching(model::ChannelOrder channels, PixelLayout layout) {
  const auto input = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, 3, -1, -1});
  input->output(0).set_names({"image"});
  const auto output = std::make_shared<op::Add>(input, op::Constant::create(ov::element::f32, {}, {0}));
  const auto graph = std::make_shared<ov::Model>(ov::OutputVector{output}, ov::ParameterVector{input});
  ov::Core core;
  auto compiled = core.compile_model(PrepareGraph(graph, Card(channels), 2, layout), "CPU",
                                     ov::hint::inference_precision(ov::element::f32));
  OpenVinoSession session(compiled.create_infer_request(), Card(channels), {"out"});

  EXPECT_EQ(session.batch(), 2);
  for (int page = 0; page < 2; ++page) {
    EXPECT_EQ(session.image(page).size(), 3U * kWidth * kHeight);
    std::iota(session.image(page).begin(), session.image(page).end(), static_cast<std::uint8_t>(100 * page));
  }
  const auto outputs = session.Run();
  EXPECT_TRUE(outputs) << outputs.error().message;
  return {(*outputs)[0].floats().begin(), (*outputs)[0].floats().end()};
}

TEST(OpenVinoSession, PlanesAreTheSameToTheGraphAsPixels) {
  for (const auto channels : {model::ChannelOrder::kBlueGreenRed, model::ChannelOrder::kRedGreenBlue}) {
    const std::vector<float> planar = Reaching(channels, PixelLayout::kPlanar);
    EXPECT_EQ(planar.size(), 2U * 3 * kWidth * kHeight);
    EXPECT_EQ(planar, Reaching(channels, PixelLayout::kInterleaved));
  }
}

}  // namespace
}  // namespace doclayout::runtime
