#pragma once

#include <openvino/core/model.hpp>

namespace doclayout::runtime {

/// Makes readers of one part of a stack read that part alone, and says how many there were. What only the other parts
/// needed is then needed by nobody, and the runtime leaves it out.
///
/// Networks that are trained with a loss on every decoder layer are often exported so that they stack what all layers
/// give and take the last: the same work six times over for one result. A stack is a Concat; its readers are Gather
/// with one constant index, and Slice or StridedSlice of exactly one part. Everything else stays as it is.
///
/// Not thread-safe: the graph is changed in place. The result has the same bits as before. Throws `ov::Exception`.
int NarrowStacks(ov::Model& graph);

}  // namespace doclayout::runtime
