#include "runtime/openvino/split_convolutions.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <openvino/core/graph_util.hpp>
#include <openvino/core/rt_info.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/split.hpp>
#include <openvino/op/variadic_split.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/openvino/constants.h"

namespace doclayout::runtime {
namespace {

using ov::op::v0::Constant;
using ov::op::v1::Convolution;

constexpr int kChannels = 1;  // of [batch, channels, height, width]

/// What a split gets its channels from.
struct Head {
  std::shared_ptr<Convolution> convolution;
  std::shared_ptr<Constant> weights;  ///< [channels, ...]
  std::shared_ptr<ov::Node> add;      ///< null: no bias
  std::shared_ptr<Constant> bias;     ///< [1, channels, 1, ...]; null: none
};

bool HasOneReader(const ov::Node& node) {
  return node.get_output_size() == 1 && node.get_output_target_inputs(0).size() == 1;
}

/// A constant, or one that the graph brings into another shape; null for anything else.
std::shared_ptr<Constant> ReadBias(const ov::Output<ov::Node>& output) {
  const std::shared_ptr<ov::Node> node = output.get_node_shared_ptr();
  if (!ov::is_type<ov::op::v1::Reshape>(node)) return ov::as_type_ptr<Constant>(node);
  const auto constant = ov::as_type_ptr<Constant>(node->get_input_node_shared_ptr(0));
  const ov::PartialShape& shape = node->get_output_partial_shape(0);
  if (!constant || shape.is_dynamic()) return nullptr;
  return std::make_shared<Constant>(*constant, shape.to_shape());
}

/// One value a channel, and as many dimensions as the convolution's result.
bool HasOneValueAChannel(const Constant& bias, std::size_t channels, std::size_t rank) {
  ov::Shape shape(rank, 1);
  shape[kChannels] = channels;
  return bias.get_shape() == shape;
}

bool SplitsChannels(const ov::Node& node) {
  if (!ov::is_type<ov::op::v1::Split>(&node) && !ov::is_type<ov::op::v1::VariadicSplit>(&node)) return false;
  const auto axis = ConstantValue(node.input_value(1));
  const ov::Rank rank = node.get_input_partial_shape(0).rank();
  if (!axis || rank.is_dynamic()) return false;
  return (*axis < 0 ? *axis + rank.get_length() : *axis) == kChannels;
}

std::optional<Head> ReadHead(const ov::Node& split) {
  Head head;
  std::shared_ptr<ov::Node> source = split.get_input_node_shared_ptr(0);
  if (!HasOneReader(*source)) return std::nullopt;
  if (ov::is_type<ov::op::v1::Add>(source)) {
    head.add = source;
    const bool first = ov::is_type<Convolution>(source->get_input_node_ptr(0));
    head.bias = ReadBias(source->input_value(first ? 1 : 0));
    source = source->get_input_node_shared_ptr(first ? 0 : 1);
    if (!head.bias || !HasOneReader(*source)) return std::nullopt;
  }
  head.convolution = ov::as_type_ptr<Convolution>(source);
  if (!head.convolution) return std::nullopt;
  // Weights that are computed are those of another precision, which the runtime wants to see as they are.
  head.weights = ov::as_type_ptr<Constant>(head.convolution->get_input_node_shared_ptr(1));
  if (!head.weights) return std::nullopt;
  const ov::Shape& weights = head.weights->get_shape();
  if (head.bias && !HasOneValueAChannel(*head.bias, weights[0], weights.size())) return std::nullopt;
  return head;
}

/// Channels [begin, end) of a constant whose dimension `axis` they are; dimensions before it have one element.
std::shared_ptr<Constant> Part(const Constant& constant, std::ptrdiff_t axis, std::size_t begin, std::size_t end) {
  ov::Shape shape = constant.get_shape();
  const std::size_t stride = constant.get_byte_size() / shape[axis];
  shape[axis] = end - begin;
  const std::span bytes(static_cast<const std::byte*>(constant.get_data_ptr()), constant.get_byte_size());
  return std::make_shared<Constant>(constant.get_element_type(), shape, bytes.subspan(begin * stride).data());
}

bool SplitHead(const std::shared_ptr<ov::Node>& split) {
  if (!SplitsChannels(*split)) return false;
  const auto head = ReadHead(*split);
  if (!head) return false;
  ov::NodeVector parts;
  std::size_t begin = 0;
  for (const auto& output : split->outputs()) {
    const ov::Dimension channels = output.get_partial_shape()[kChannels];
    if (channels.is_dynamic() || channels.get_length() == 0) return false;
    const std::size_t end = begin + static_cast<std::size_t>(channels.get_length());
    std::shared_ptr<ov::Node> part = head->convolution->clone_with_new_inputs(
        {head->convolution->input_value(0), Part(*head->weights, 0, begin, end)});
    ov::copy_runtime_info(head->convolution, part);
    if (head->bias) {
      part = head->add->clone_with_new_inputs({part, Part(*head->bias, kChannels, begin, end)});
      ov::copy_runtime_info(head->add, part);
    }
    part->set_friendly_name(split->get_friendly_name() + "." + std::to_string(parts.size()));
    parts.push_back(std::move(part));
    begin = end;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) split->output(i).replace(parts[i]->output(0));
  return true;
}

}  // namespace

int SplitConvolutions(ov::Model& graph) {
  int split = 0;
  for (const auto& node : graph.get_ordered_ops()) split += SplitHead(node) ? 1 : 0;
  if (split > 0) graph.validate_nodes_and_infer_types();
  return split;
}

}  // namespace doclayout::runtime
