#pragma once

#include <span>

namespace doclayout {

/// Puts the small program `doclayout_probe`, which lies beside this one, into the place of this process: it does the
/// same in half of the memory, because it links neither the runtime nor what decodes. Returns where it is not there.
/// No other thread may run.
void BecomeProbeProgram(std::span<const char* const> arguments);

}  // namespace doclayout
