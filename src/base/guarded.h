#pragma once

#include <exception>
#include <new>
#include <type_traits>

#include "base/result.h"

namespace doclayout {

/// What `work` returns, a `Result`; or, where it throws, the exception as an `Error`: `kOverloaded` when memory ran
/// out, which another moment may have, and else `kInternal`. For the threads that do a document's work: one that cannot
/// be done must not end the process.
template <typename Work>
std::invoke_result_t<Work> Guarded(Work&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kOverloaded, "there is not enough memory for this document now; try again later");
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kInternal, exception.what());
  }
}

}  // namespace doclayout
