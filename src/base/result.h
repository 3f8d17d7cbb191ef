#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace doclayout {

/// A value or an `Error`. The one way in which this project reports failure: third-party exceptions are caught at the
/// border of the module that calls the library, and none leaves it.
template <typename T>
using Result = tl::expected<T, Error>;

/// `return Fail(ErrorCode::kTooLarge, fmt::format(…));` from any function that returns a `Result`.
inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Passes an error of one `Result` on as another's.
inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace doclayout
