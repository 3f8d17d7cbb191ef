#include "runtime/openvino/graph.h"

#include <fmt/format.h>

#include <map>
#include <openvino/core/graph_util.hpp>
#include <openvino/core/preprocess/pre_post_process.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
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

/// The model's input size is the same for every page.
void FoldImShape(ov::Model& graph, const model::InputContract& contract, int batch) {
  std::vector<float> sizes;
  for (int page = 0; page < batch; ++page) {
    sizes.push_back(static_cast<float>(contract.height));
    sizes.push_back(static_cast<float>(contract.width));
  }
  for (const auto& parameter : graph.get_parameters()) {
    if (!parameter->output(0).get_names().contains(contract.im_shape)) continue;
    const auto constant = ov::op::v0::Constant::create(parameter->get_element_type(), parameter->get_shape(), sizes);
    for (auto reader : parameter->output(0).get_target_inputs()) reader.replace_source_output(constant);
    graph.remove_parameter(parameter);
    return;
  }
}

void FoldPixels(ov::preprocess::InputInfo& input, const model::InputContract& contract) {
  input.tensor().set_element_type(ov::element::u8).set_layout("NHWC");
  input.model().set_layout("NCHW");
  auto& steps = input.preprocess();
  steps.convert_element_type(ov::element::f32);
  if (contract.channels == model::ChannelOrder::kRedGreenBlue) steps.reverse_channels();
  steps.scale(255.0F)
      .mean({contract.mean.begin(), contract.mean.end()})
      .scale({contract.deviation.begin(), contract.deviation.end()});
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

  ov::preprocess::PrePostProcessor steps(graph);
  FoldPixels(steps.input(contract.name), contract);
  if (!contract.scale_factor.empty()) {
    steps.input(contract.scale_factor).tensor().set_element_type(ov::element::f32);
  }
  for (std::size_t i = 0; i < graph->outputs().size(); ++i) {
    steps.output(i).tensor().set_element_type(GraphType(OutputType(card, i)));
  }
  return steps.build();
}

}  // namespace doclayout::runtime
