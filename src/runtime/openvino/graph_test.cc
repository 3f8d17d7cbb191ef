#include "runtime/openvino/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset13.hpp>
#include <stdexcept>
#include <vector>

namespace doclayout::runtime {
namespace {

namespace op = ov::opset13;
using testing::ElementsAre;
using testing::FloatNear;

/// A page of 2x1 pixels whose channels the graph gives as they reach it.
model::ModelCard Card() {
  model::ModelCard card;
  card.family = model::Family::kPpDocLayoutV3;
  card.input = {.name = "image", .width = 2, .height = 1, .mean = {0, 0, 0}, .deviation = {1, 1, 1}};
  card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7};
  return card;
}

std::shared_ptr<op::Parameter> Input(const std::string& name, ov::element::Type type, const ov::PartialShape& shape) {
  auto parameter = std::make_shared<op::Parameter>(type, shape);
  parameter->output(0).set_names({name});
  return parameter;
}

/// Gives back what it gets.
std::shared_ptr<ov::Model> Echo(const ov::ParameterVector& inputs) {
  ov::OutputVector outputs;
  for (const auto& input : inputs) {
    const auto zero = op::Constant::create(input->get_element_type(), {}, {0});
    outputs.emplace_back(std::make_shared<op::Add>(input, zero));
    outputs.back().set_names({"out " + input->output(0).get_any_name()});
  }
  return std::make_shared<ov::Model>(outputs, inputs);
}

ov::InferRequest Request(const std::shared_ptr<ov::Model>& graph) {
  ov::Core core;
  return core.compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32)).create_infer_request();
}

std::vector<float> Floats(const ov::Tensor& tensor) {
  return {tensor.data<const float>(), tensor.data<const float>() + tensor.get_size()};
}

/// Two pixels: blue 10 and 40, green 20 and 50, red 30 and 60.
void FillPixels(ov::Tensor tensor) {
  for (std::size_t i = 0; i < tensor.get_size(); ++i) {
    tensor.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(10 * (i + 1));
  }
}

TEST(PrepareGraph, PixelsReachTheGraphScaledAndNormalised) {
  model::ModelCard card = Card();
  card.input.mean = {0.5F, 0.25F, 0};
  card.input.deviation = {0.5F, 1, 2};
  auto request = Request(PrepareGraph(Echo({Input("image", ov::element::f32, {-1, 3, -1, -1})}), card, 1));

  FillPixels(request.get_tensor("image"));
  request.infer();

  EXPECT_EQ(request.get_tensor("image").get_shape(), (ov::Shape{1, 1, 2, 3}));
  const auto near = [](float value) { return FloatNear(value, 1e-6F); };
  EXPECT_THAT(
      Floats(request.get_output_tensor(0)),
      ElementsAre(near((10 / 255.0F - 0.5F) / 0.5F), near((40 / 255.0F - 0.5F) / 0.5F), near(20 / 255.0F - 0.25F),
                  near(50 / 255.0F - 0.25F), near(30 / 255.0F / 2), near(60 / 255.0F / 2)));
}

TEST(PrepareGraph, AGraphForRedGreenBlueGetsThatOrderAndItsMeansInThatOrder) {
  model::ModelCard card = Card();
  card.input.channels = model::ChannelOrder::kRedGreenBlue;
  card.input.mean = {0.5F, 0, 0};
  auto request = Request(PrepareGraph(Echo({Input("image", ov::element::f32, {1, 3, 1, 2})}), card, 1));

  FillPixels(request.get_tensor("image"));
  request.infer();

  const auto near = [](float value) { return FloatNear(value, 1e-6F); };
  EXPECT_THAT(Floats(request.get_output_tensor(0)),
              ElementsAre(near(30 / 255.0F - 0.5F), near(60 / 255.0F - 0.5F), near(20 / 255.0F), near(50 / 255.0F),
                          near(10 / 255.0F), near(40 / 255.0F)));
}

/// Who fills the planes has brought them into the order of the graph.
TEST(PrepareGraph, PlanesReachTheGraphScaledAndNormalised) {
  for (const auto channels : {model::ChannelOrder::kRedGreenBlue, model::ChannelOrder::kBlueGreenRed}) {
    model::ModelCard card = Card();
    card.input.channels = channels;
    card.input.mean = {0.5F, 0, 0};
    card.input.deviation = {0.5F, 1, 2};
    const auto graph = Echo({Input("image", ov::element::f32, {-1, 3, -1, -1})});
    auto request = Request(PrepareGraph(graph, card, 1, PixelLayout::kPlanar));

    FillPixels(request.get_tensor("image"));
    request.infer();

    EXPECT_EQ(request.get_tensor("image").get_shape(), (ov::Shape{1, 3, 1, 2}));
    const auto near = [](float value) { return FloatNear(value, 1e-6F); };
    EXPECT_THAT(Floats(request.get_output_tensor(0)),
                ElementsAre(near((10 / 255.0F - 0.5F) / 0.5F), near((20 / 255.0F - 0.5F) / 0.5F), near(30 / 255.0F),
                            near(40 / 255.0F), near(50 / 255.0F / 2), near(60 / 255.0F / 2)));
  }
}

TEST(PrepareGraph, HalfPrecisionStaysInsideTheGraph) {
  model::ModelCard card = Card();
  card.input.scale_factor = "scale_factor";
  auto request = Request(PrepareGraph(
      Echo({Input("image", ov::element::f16, {-1, 3, 1, 2}), Input("scale_factor", ov::element::f16, {-1, 2})}), card,
      1));

  FillPixels(request.get_tensor("image"));
  request.get_tensor("scale_factor").data<float>()[0] = 0.5F;
  request.get_tensor("scale_factor").data<float>()[1] = 2;
  request.infer();

  EXPECT_NEAR(Floats(request.get_output_tensor(0))[0], 10 / 255.0F, 1e-4F);
  EXPECT_THAT(Floats(request.get_output_tensor(1)), ElementsAre(0.5F, 2.0F));
}

TEST(PrepareGraph, TheInputsSizeIsPartOfTheGraph) {
  model::ModelCard card = Card();
  card.input.im_shape = "im_shape";
  auto request = Request(PrepareGraph(
      Echo({Input("im_shape", ov::element::f32, {-1, 2}), Input("image", ov::element::f32, {-1, 3, -1, -1})}), card,
      2));

  FillPixels(request.get_tensor("image"));
  request.infer();

  EXPECT_EQ(request.get_compiled_model().inputs().size(), 1U);
  EXPECT_EQ(request.get_tensor("image").get_shape(), (ov::Shape{2, 1, 2, 3}));
  EXPECT_THAT(Floats(request.get_output_tensor(0)), ElementsAre(1, 2, 1, 2));
}

TEST(PrepareGraph, CountsBecomeInt32AndMasksUint8) {
  model::ModelCard card = Card();
  card.outputs = model::DetectionOutputs{.boxes = 0, .columns = 7, .count = 1, .masks = 2};
  const auto image = Input("image", ov::element::f32, {-1, 3, -1, -1});
  const auto count = op::Constant::create(ov::element::i64, {1}, {300});
  const auto masks = op::Constant::create(ov::element::i32, {1, 1, 2}, {0, 1});
  const auto graph = std::make_shared<ov::Model>(ov::OutputVector{image, count, masks}, ov::ParameterVector{image});

  const auto prepared = PrepareGraph(graph, card, 1);

  EXPECT_EQ(prepared->output(0).get_element_type(), ov::element::f32);
  EXPECT_EQ(prepared->output(1).get_element_type(), ov::element::i32);
  EXPECT_EQ(prepared->output(2).get_element_type(), ov::element::u8);
}

TEST(PrepareGraph, RefusesAnInputThatTheCardDoesNotName) {
  const auto graph = Echo({Input("image", ov::element::f32, {-1, 3, 1, 2}), Input("mystery", ov::element::f32, {1})});

  EXPECT_THROW(PrepareGraph(graph, Card(), 1), std::runtime_error);
}

}  // namespace
}  // namespace doclayout::runtime
