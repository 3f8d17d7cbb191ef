#pragma once

#include <string>

namespace doclayout::health {

/// What a thread that calls the GPU's driver does first: takes a name (see NameThread), and leaves the process's
/// signals to other threads, since it may not come back to handle one.
void BecomeDriverThread(const std::string& name);

}  // namespace doclayout::health
