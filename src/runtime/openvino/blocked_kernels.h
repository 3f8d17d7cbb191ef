#pragma once

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/runtime/core.hpp>

namespace doclayout::runtime {

/// Whether a graph is a mobile network: whether at least every fourth of its convolutions with stored weights is
/// depthwise. May be called from anywhere; throws `ov::Exception`.
bool IsMobileNetwork(const ov::Model& graph);

/// Has the convolutions of a graph inferred by kernels that keep channels in blocks of a vector, where the runtime
/// would keep them innermost: a copy of `graph`, with the same values but for rounding. In blocks a depthwise
/// convolution reads whole vectors, and joining or splitting channels copies nothing; that makes mobile networks
/// faster, where those that mostly multiply large matrices are better left to the runtime. Convolutions whose weights
/// are computed (those of another precision) are, and so are all on a processor without such kernels.
///
/// For a graph of fixed shapes that is inferred in float32. The kernels want pixels channel by channel. Not
/// thread-safe: `graph` is changed and must not be used after. Throws `ov::Exception`.
std::shared_ptr<ov::Model> PreferBlockedKernels(ov::Core& core, const std::shared_ptr<ov::Model>& graph);

}  // namespace doclayout::runtime
