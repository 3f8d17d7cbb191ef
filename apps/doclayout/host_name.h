#pragma once

#include <string>

namespace doclayout {

/// What this machine, or pod, is called; empty where it is not called anything. Thread-safe.
std::string HostName();

}  // namespace doclayout
