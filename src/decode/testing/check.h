#pragma once

namespace doclayout::decode::testing {

/// Ends the process with `what` unless `good`: a test that cannot make its input is broken. Thread-safe.
void Check(bool good, const char* what);

}  // namespace doclayout::decode::testing
