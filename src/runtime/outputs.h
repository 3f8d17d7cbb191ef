#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "model/model_card.h"
#include "runtime/session.h"
#include "types/tensor.h"

namespace doclayout::runtime {

/// As what a session gives the graph's output of that index: masks of 0 and 1 as uint8, counts as int32, all others as
/// float32. Thread-safe, as those below.
ElementType OutputType(const model::ModelCard& card, std::size_t output);

/// A file may declare other shapes than its graph gives: then every page would fail, and nobody would know before.
/// `kBadModel` when an output that is made use of is missing, or not what the card says for `batch` pages.
Result<void> CheckOutputs(std::span<const TensorView> outputs, const model::ModelCard& card, int batch);

/// Infers once on a page of noise, so that the first caller waits no longer than the others, and checks what it gives.
/// Blocks for one inference. What `Run` and `CheckOutputs` fail with.
Result<void> WarmUp(Session& session, const model::ModelCard& card);

}  // namespace doclayout::runtime
