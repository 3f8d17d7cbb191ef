#include "runtime/openvino/graph.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <openvino/core/graph_util.hpp>
#include <openvino/core/preprocess/pre_post_process.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/transpose.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/outputs.h"

namespace doclayout::runtime {
namespace {

/// Static shapes: the runtime then plans its memory once, and takes a third less.
void FixShapes(ov::Model& graph, const model::InputContract& contract, int batch) {
  std::map<std::string, ov::PartialShape> shapes;
  for (const auto& input : graph.inputs()) {
    const std::string name = input.get_any_name();
    if (name == contract.name) {
      shapes[name] = {batch, 3, contract.height, contract.width};
    } else if (name == contract.im_shape || name == contract.scale_factor) {
      shapes[name] = {batch, 2};
    } else {
      throw std::runtime_error(fmt::format("the graph has an input '{}' that is not known", name));
    }
  }
  graph.reshape(shapes);
}

std::shared_ptr<ov::op::v0::Parameter> FindParameter(const ov::Model& graph, const std::string& name) {
  for (const auto& parameter : graph.get_parameters()) {
    if (parameter->output(0).get_names().contains(name)) return parameter;
  }
  throw std::runtime_error(fmt::format("the graph has no input '{}'", name));
}

/// The model's input size is the same for every page.
void FoldImShape(ov::Model& graph, const model::InputContract& contract, int batch) {
  std::vector<float> sizes;
  for (int page = 0; page < batch; ++page) {
    sizes.push_back(static_cast<float>(contract.height));
    sizes.push_back(static_cast<float>(contract.width));
  }
  const auto parameter = FindParameter(graph, contract.im_shape);
  const auto constant = ov::op::v0::Constant::create(parameter->get_element_type(), parameter->get_shape(), sizes);
  for (auto reader : parameter->output(0).get_target_inputs()) reader.replace_source_output(constant);
  graph.remove_parameter(parameter);
}

std::shared_ptr<ov::op::v0::Constant> Integers(const std::vector<std::int64_t>& values) {
  return ov::op::v0::Constant::create(ov::element::i64, {values.size()}, values);
}

/// What makes a pixel's value the graph's: of each channel, in the order of the graph.
struct Normalisation {
  std::array<float, 3> factors{};
  std::array<float, 3> summands{};

  explicit Normalisation(const model::InputContract& contract) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const double deviation = contract.deviation[channel];
      factors[channel] = static_cast<float>(1 / (255 * deviation));
      summands[channel] = static_cast<float>(-contract.mean[channel] / deviation);
    }
  }
};

/// float32 values from pixels; factors and summands are constants of that shape.
ov::Output<ov::Node> Normalise(const ov::Output<ov::Node>& pixels, const ov::Shape& shape,
                               const std::vector<float>& factors, const std::vector<float>& summands) {
  namespace v0 = ov::op::v0;
  namespace v1 = ov::op::v1;
  ov::Output<ov::Node> values = std::make_shared<v0::Convert>(pixels, ov::element::f32);
  values = std::make_shared<v1::Multiply>(values, v0::Constant::create(ov::element::f32, shape, factors));
  return std::make_shared<v1::Add>(values, v0::Constant::create(ov::element::f32, shape, summands));
}

/// Whole rows are normalised before channels are told apart: with three values in the innermost dimension the runtime
/// would take them one by one. The transposition at the end costs nothing where the first convolution wants channels
/// innermost.
ov::Output<ov::Node> ReadInterleaved(const ov::Output<ov::Node>& pixels, const model::InputContract& contract,
                                     int batch) {
  const bool reversed = contract.channels == model::ChannelOrder::kRedGreenBlue;
  const Normalisation of_channels(contract);
  std::vector<float> factors;
  std::vector<float> summands;
  for (std::size_t i = 0; i < 3 * static_cast<std::size_t>(contract.width); ++i) {
    const std::size_t channel = reversed ? 2 - i % 3 : i % 3;
    factors.push_back(of_channels.factors[channel]);
    summands.push_back(of_channels.summands[channel]);
  }
  const auto values = static_cast<std::int64_t>(factors.size());
  ov::Output<ov::Node> image =
      std::make_shared<ov::op::v1::Reshape>(pixels, Integers({batch, contract.height, values}), false);
  image = Normalise(image, {1, 1, factors.size()}, factors, summands);
  image = std::make_shared<ov::op::v1::Reshape>(image, Integers({batch, contract.height, contract.width, 3}), false);
  image = std::make_shared<ov::op::v1::Transpose>(image, Integers({0, 3, 1, 2}));
  if (reversed) image = std::make_shared<ov::op::v8::Gather>(image, Integers({2, 1, 0}), Integers({1}));
  return image;
}

ov::Output<ov::Node> ReadPlanar(const ov::Output<ov::Node>& pixels, const model::InputContract& contract) {
  const Normalisation of_channels(contract);
  return Normalise(pixels, {1, 3, 1, 1}, {of_channels.factors.begin(), of_channels.factors.end()},
                   {of_channels.summands.begin(), of_channels.summands.end()});
}

/// Puts pixels in the place of the graph's own input.
void FoldPixels(ov::Model& graph, const model::InputContract& contract, int batch, PixelLayout layout) {
  using ov::op::v0::Parameter;
  const auto input = FindParameter(graph, contract.name);
  const bool planar = layout == PixelLayout::kPlanar;
  const ov::PartialShape shape = planar ? ov::PartialShape{batch, 3, contract.height, contract.width}
                                        : ov::PartialShape{batch, contract.height, contract.width, 3};
  const auto pixels = std::make_shared<Parameter>(ov::element::u8, shape);
  pixels->set_friendly_name(input->get_friendly_name());

  ov::Output<ov::Node> image = planar ? ReadPlanar(pixels, contract) : ReadInterleaved(pixels, contract, batch);
  if (input->get_element_type() != ov::element::f32) {
    image = std::make_shared<ov::op::v0::Convert>(image, input->get_element_type());
  }
  for (auto reader : input->output(0).get_target_inputs()) reader.replace_source_output(image);
  graph.remove_parameter(input);
  graph.add_parameters({pixels});
  pixels->output(0).set_names({contract.name});
}

ov::element::Type GraphType(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return ov::element::u8;
    case ElementType::kInt32:
      return ov::element::i32;
    case ElementType::kFloat32:
      break;
  }
  return ov::element::f32;
}

}  // namespace

std::shared_ptr<ov::Model> PrepareGraph(const std::shared_ptr<ov::Model>& graph, const model::ModelCard& card,
                                        int batch, PixelLayout layout) {
  const model::InputContract& contract = card.input;
  FixShapes(*graph, contract, batch);
  if (!contract.im_shape.empty()) FoldImShape(*graph, contract, batch);
  FoldPixels(*graph, contract, batch, layout);

  ov::preprocess::PrePostProcessor steps(graph);
  if (!contract.scale_factor.empty()) {
    steps.input(contract.scale_factor).tensor().set_element_type(ov::element::f32);
  }
  for (std::size_t i = 0; i < graph->outputs().size(); ++i) {
    steps.output(i).tensor().set_element_type(GraphType(OutputType(card, i)));
  }
  return steps.build();
}

}  // namespace doclayout::runtime
