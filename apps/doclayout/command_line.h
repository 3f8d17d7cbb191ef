#pragma once

#include <span>

#include "config/config.h"

namespace doclayout {

/// What the command line and the environment ask for.
config::Command ReadCommandLine(std::span<const char* const> arguments);

/// Says what there is to be said instead of a command; the exit code.
int Leave(const config::ExitNow& exit);

}  // namespace doclayout
