#include "runtime/openvino/constants.h"

#include <openvino/op/constant.hpp>

namespace doclayout::runtime {

std::optional<std::vector<std::int64_t>> ConstantValues(const ov::Output<ov::Node>& output) {
  const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(output.get_node_shared_ptr());
  if (!constant || !constant->get_element_type().is_integral_number()) return std::nullopt;
  return constant->cast_vector<std::int64_t>();
}

std::optional<std::int64_t> ConstantValue(const ov::Output<ov::Node>& output) {
  const auto values = ConstantValues(output);
  return values && values->size() == 1 ? std::optional(values->front()) : std::nullopt;
}

}  // namespace doclayout::runtime
