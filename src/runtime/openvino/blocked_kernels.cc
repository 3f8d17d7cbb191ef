#include "runtime/openvino/blocked_kernels.h"

#include <cstring>
#include <openvino/core/attribute_visitor.hpp>
#include <openvino/core/runtime_attribute.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/group_conv.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/pass/serialize.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace doclayout::runtime {
namespace {

using ov::op::v1::Convolution;
using ov::op::v1::GroupConvolution;

/// In the order of preference; what a processor has not is passed over, and its default is taken when none is left.
constexpr const char* kDepthwiseKernels = "cpu:jit_avx512_dw,cpu:jit_avx2_dw";
constexpr const char* kOtherKernels = "cpu:jit_avx512_1x1,cpu:jit_avx512,cpu:jit_avx2_1x1,cpu:jit_avx2";

constexpr std::size_t kOthersForEachDepthwise = 3;

/// Written as the runtime writes the attribute of this name, which its public headers do not have. Reading makes the
/// runtime's own of it.
class PrimitivesPriority final : public ov::RuntimeAttribute {
 public:
  OPENVINO_RTTI("primitives_priority", "0", ov::RuntimeAttribute);

  explicit PrimitivesPriority(std::string value) : value_(std::move(value)) {}

  bool visit_attributes(ov::AttributeVisitor& visitor) override {
    visitor.on_attribute("value", value_);
    return true;
  }

 private:
  std::string value_;
};

/// [groups, output channels, input channels, ...] with one channel a group.
bool IsDepthwise(const ov::Node& node) {
  if (!ov::is_type<GroupConvolution>(&node)) return false;
  const ov::PartialShape& weights = node.get_input_partial_shape(1);
  return weights.is_static() && weights[1] == 1 && weights[2] == 1;
}

/// As a constant, or as one that the graph brings into the shape that it wants.
bool HasStoredWeights(const ov::Node& node) {
  std::shared_ptr<ov::Node> weights = node.get_input_node_shared_ptr(1);
  if (ov::is_type<ov::op::v1::Reshape>(weights)) weights = weights->get_input_node_shared_ptr(0);
  return ov::is_type<ov::op::v0::Constant>(weights) && weights->get_element_type() == ov::element::f32;
}

/// Those with stored weights.
struct Convolutions {
  std::vector<std::shared_ptr<ov::Node>> depthwise;
  std::vector<std::shared_ptr<ov::Node>> others;
};

Convolutions FindConvolutions(const ov::Model& graph) {
  Convolutions found;
  for (const auto& node : graph.get_ordered_ops()) {
    if (!ov::is_type<Convolution>(node) && !ov::is_type<GroupConvolution>(node)) continue;
    if (HasStoredWeights(*node)) (IsDepthwise(*node) ? found.depthwise : found.others).push_back(node);
  }
  return found;
}

/// A copy whose runtime attributes are those that the runtime reads.
std::shared_ptr<ov::Model> WriteAndRead(ov::Core& core, const std::shared_ptr<ov::Model>& graph) {
  std::stringstream xml;
  std::stringstream weights;
  ov::pass::Serialize(xml, weights).run_on_model(graph);
  const std::string bytes = std::move(weights).str();
  ov::Tensor tensor(ov::element::u8, {bytes.size()});
  std::memcpy(tensor.data(), bytes.data(), bytes.size());
  return core.read_model(xml.str(), tensor);
}

}  // namespace

bool IsMobileNetwork(const ov::Model& graph) {
  const Convolutions found = FindConvolutions(graph);
  return !found.depthwise.empty() && found.others.size() <= found.depthwise.size() * kOthersForEachDepthwise;
}

std::shared_ptr<ov::Model> PreferBlockedKernels(ov::Core& core, const std::shared_ptr<ov::Model>& graph) {
  const Convolutions found = FindConvolutions(*graph);
  const std::string key = PrimitivesPriority::get_type_info_static();
  for (const auto& node : found.depthwise) node->get_rt_info()[key] = PrimitivesPriority(kDepthwiseKernels);
  for (const auto& node : found.others) node->get_rt_info()[key] = PrimitivesPriority(kOtherKernels);
  return WriteAndRead(core, graph);
}

}  // namespace doclayout::runtime
