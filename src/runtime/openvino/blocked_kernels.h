#pragma once

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/runtime/core.hpp>

namespace doclayout::runtime {

/// Has the convolutions of a mobile network inferred by kernels that keep channels in blocks of a vector, where the
/// runtime would keep them innermost. In blocks a depthwise convolution reads whole vectors, and joining or splitting
/// channels copies nothing; for networks that mostly multiply large matrices the runtime's own choice is the better
/// one. A mobile network is one of which at least every fourth convolution is depthwise. Convolutions whose weights
/// are computed (those of another precision) are left to the runtime; on a processor without such kernels, all are.
///
/// Gives `graph` as it is when nothing is to be changed, else a copy of it: the same values but for rounding. For a
/// graph of fixed shapes that is inferred in float32. Not thread-safe; throws `ov::Exception`.
std::shared_ptr<ov::Model> PreferBlockedKernels(ov::Core& core, const std::shared_ptr<ov::Model>& graph);

}  // namespace doclayout::runtime
