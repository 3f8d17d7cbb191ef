#pragma once

#include <openvino/core/model.hpp>

namespace doclayout::runtime {

/// Makes a convolution whose channels are split right after it into one convolution for each part, and says how many
/// there were. Detection heads are often exported so: one convolution for classes and distances, and a split. The
/// runtime keeps channels innermost, where a split copies every place of the page piece by piece: 2 % of a page for
/// nothing.
///
/// A Split or VariadicSplit along the channels of a Convolution with constant weights, of one page or more, with or
/// without a constant bias in between, that nobody else reads. Everything else stays as it is.
///
/// Not thread-safe: the graph is changed in place. The result has the same values as before. Throws `ov::Exception`.
int SplitConvolutions(ov::Model& graph);

}  // namespace doclayout::runtime
