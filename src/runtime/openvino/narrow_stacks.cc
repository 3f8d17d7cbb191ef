#include "runtime/openvino/narrow_stacks.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <openvino/core/graph_util.hpp>
#include <openvino/core/rt_info.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/strided_slice.hpp>
#include <optional>
#include <vector>

#include "runtime/openvino/constants.h"

namespace doclayout::runtime {
namespace {

/// Elements [begin, end) along a stack's axis; negative ones count from the end, as in the graph.
struct Range {
  std::int64_t axis = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool index = false;  ///< one element that is taken out of the axis
};

std::optional<Range> ReadGather(const ov::Node& reader) {
  if (!ov::is_type<ov::op::util::GatherBase>(&reader)) return std::nullopt;
  const auto index = ConstantValue(reader.input_value(1));
  const auto axis = ConstantValue(reader.input_value(2));
  // An index of one dimension keeps the axis; those are not what stacks are read with.
  if (!index || !axis || reader.get_input_partial_shape(1).rank() != 0) return std::nullopt;
  return Range{.axis = *axis, .begin = *index, .end = *index + 1, .index = true};
}

std::optional<Range> ReadSlice(const ov::Node& reader) {
  if (!ov::is_type<ov::op::v8::Slice>(&reader) || reader.get_input_size() != 5) return std::nullopt;
  const auto begin = ConstantValue(reader.input_value(1));
  const auto end = ConstantValue(reader.input_value(2));
  const auto axis = ConstantValue(reader.input_value(4));
  if (!begin || !end || !axis || ConstantValue(reader.input_value(3)) != 1) return std::nullopt;
  return Range{.axis = *axis, .begin = *begin, .end = *end};
}

bool AnySet(const std::vector<std::int64_t>& mask) {
  return std::ranges::any_of(mask, [](std::int64_t set) { return set != 0; });
}

/// Only those that cut one axis and keep all of them.
std::optional<Range> ReadStridedSlice(const ov::Node& node) {
  const auto* reader = ov::as_type<const ov::op::v1::StridedSlice>(&node);
  if (reader == nullptr || AnySet(reader->get_new_axis_mask()) || AnySet(reader->get_shrink_axis_mask()) ||
      AnySet(reader->get_ellipsis_mask())) {
    return std::nullopt;
  }
  const auto begin = ConstantValues(node.input_value(1));
  const auto end = ConstantValues(node.input_value(2));
  const auto stride = node.get_input_size() > 3 ? ConstantValues(node.input_value(3)) : std::vector<std::int64_t>{};
  if (!begin || !end || !stride || begin->size() != end->size()) return std::nullopt;
  if (std::ranges::any_of(*stride, [](std::int64_t step) { return step != 1; })) return std::nullopt;
  const auto masked = [](const std::vector<std::int64_t>& mask, std::size_t axis) {
    return axis < mask.size() && mask[axis] != 0;
  };
  std::optional<Range> cut;
  for (std::size_t axis = 0; axis < begin->size(); ++axis) {
    const bool from_start = masked(reader->get_begin_mask(), axis);
    const bool to_end = masked(reader->get_end_mask(), axis);
    if (from_start && to_end) continue;
    if (cut) return std::nullopt;
    cut = Range{.axis = static_cast<std::int64_t>(axis),
                .begin = from_start ? 0 : (*begin)[axis],
                .end = to_end ? std::numeric_limits<std::int64_t>::max() : (*end)[axis]};
  }
  return cut;
}

/// The part of the stack that is exactly `range`; nullopt when there is none.
std::optional<ov::Output<ov::Node>> PartOf(const ov::op::v0::Concat& stack, Range range) {
  const ov::Rank rank = stack.get_output_partial_shape(0).rank();
  if (rank.is_dynamic()) return std::nullopt;
  const auto axis_of = [&](std::int64_t axis) { return axis < 0 ? axis + rank.get_length() : axis; };
  const std::int64_t axis = axis_of(stack.get_axis());
  if (axis_of(range.axis) != axis) return std::nullopt;

  std::vector<std::int64_t> sizes;
  for (const auto& part : stack.input_values()) {
    const ov::Dimension size = part.get_partial_shape().rank().is_static()
                                   ? part.get_partial_shape()[static_cast<std::ptrdiff_t>(axis)]
                                   : ov::Dimension::dynamic();
    if (size.is_dynamic()) return std::nullopt;
    sizes.push_back(size.get_length());
  }
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  const bool last = range.index && range.begin == -1;
  range.begin = range.begin < 0 ? range.begin + total : range.begin;
  range.end = last ? total : range.end < 0 ? range.end + total : std::min(range.end, total);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t end = begin + sizes[i];
    if (range.begin == begin && range.end == end) return stack.input_value(i);
    begin = end;
  }
  return std::nullopt;
}

bool Narrow(const std::shared_ptr<ov::Node>& reader) {
  const auto* stack =
      reader->get_input_size() > 0 ? ov::as_type<const ov::op::v0::Concat>(reader->get_input_node_ptr(0)) : nullptr;
  if (stack == nullptr || stack->get_input_size() < 2) return false;
  std::optional<Range> range = ReadGather(*reader);
  if (!range) range = ReadSlice(*reader);
  if (!range) range = ReadStridedSlice(*reader);
  if (!range) return false;
  const auto part = PartOf(*stack, *range);
  if (!part) return false;
  if (range->index) {
    const auto axis = ov::op::v0::Constant::create(ov::element::i64, {1}, {range->axis});
    const auto squeeze = std::make_shared<ov::op::v0::Squeeze>(*part, axis);
    squeeze->set_friendly_name(reader->get_friendly_name());
    ov::copy_runtime_info(reader, squeeze);
    ov::replace_node(reader, squeeze);
    return true;
  }
  return ov::replace_output_update_name(reader->output(0), *part);
}

}  // namespace

int NarrowStacks(ov::Model& graph) {
  int narrowed = 0;
  for (const auto& node : graph.get_ordered_ops()) narrowed += Narrow(node) ? 1 : 0;
  if (narrowed > 0) graph.validate_nodes_and_infer_types();
  return narrowed;
}

}  // namespace doclayout::runtime
