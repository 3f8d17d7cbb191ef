#include "runtime/openvino/graph.h"

#include <fmt/format.h>

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

/// Factor and summand of each value of a row of pixels, blue green red blue green red ...
struct RowOfConstants {
  std::vector<float> factors;
  std::vector<float> summands;
};

RowOfConstants Normalisation(const model::InputContract& contract) {
  RowOfConstants row;
  for (int i = 0; i < 3 * contract.width; ++i) {
    // Means and deviations are in the order of the graph.
    const int channel = contract.channels == model::ChannelOrder::kRedGreenBlue ? 2 - i % 3 : i % 3;
    const double deviation = contract.deviation[channel];
    row.factors.push_back(static_cast<float>(1 / (255 * deviation)));
    row.summands.push_back(static_cast<float>(-contract.mean[channel] / deviation));
  }
  return row;
}

/// Puts pixels in the place of the graph's own input.
///
/// Whole rows are normalised before channels are told apart: with three values in the innermost dimension the runtime
/// would take them one by one. The transposition at the end costs nothing where the first convolution wants channels
/// innermost.
void FoldPixels(ov::Model& graph, const model::InputContract& contract, int batch) {
  namespace v0 = ov::op::v0;
  namespace v1 = ov::op::v1;
  const auto integers = [](const std::vector<std::int64_t>& values) {
    return v0::Constant::create(ov::element::i64, {values.size()}, values);
  };
  const auto input = FindParameter(graph, contract.name);
  const std::int64_t values = 3 * std::int64_t{contract.width};
  const ov::Shape per_value = {1, 1, static_cast<std::size_t>(values)};
  const RowOfConstants row = Normalisation(contract);
  const auto pixels =
      std::make_shared<v0::Parameter>(ov::element::u8, ov::PartialShape{batch, contract.height, contract.width, 3});
  pixels->set_friendly_name(input->get_friendly_name());

  ov::Output<ov::Node> image = std::make_shared<v1::Reshape>(pixels, integers({batch, contract.height, values}), false);
  image = std::make_shared<v0::Convert>(image, ov::element::f32);
  image = std::make_shared<v1::Multiply>(image, v0::Constant::create(ov::element::f32, per_value, row.factors));
  image = std::make_shared<v1::Add>(image, v0::Constant::create(ov::element::f32, per_value, row.summands));
  image = std::make_shared<v1::Reshape>(image, integers({batch, contract.height, contract.width, 3}), false);
  image = std::make_shared<v1::Transpose>(image, integers({0, 3, 1, 2}));
  if (contract.channels == model::ChannelOrder::kRedGreenBlue) {
    image = std::make_shared<ov::op::v8::Gather>(image, integers({2, 1, 0}), integers({1}));
  }
  if (input->get_element_type() != ov::element::f32) {
    image = std::make_shared<v0::Convert>(image, input->get_element_type());
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
                                        int batch) {
  const model::InputContract& contract = card.input;
  FixShapes(*graph, contract, batch);
  if (!contract.im_shape.empty()) FoldImShape(*graph, contract, batch);
  FoldPixels(*graph, contract, batch);

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
