#pragma once

#include <cstdint>
#include <openvino/core/node_output.hpp>
#include <optional>
#include <vector>

namespace doclayout::runtime {

/// The values of a constant of integers; nullopt for anything else.
///
/// May be called from anywhere.
std::optional<std::vector<std::int64_t>> ConstantValues(const ov::Output<ov::Node>& output);

/// The only value of a constant of one integer; nullopt for anything else.
std::optional<std::int64_t> ConstantValue(const ov::Output<ov::Node>& output);

}  // namespace doclayout::runtime
