#pragma once

#include <memory>

#include "runtime/session.h"

namespace doclayout {

/// The engine that every command infers with, made of the one that was loaded: the same in the program that is
/// installed, and in the one of the tests another that fails as it is told to (testing/faulty_engine.h).
std::unique_ptr<runtime::Engine> ThroughSeam(std::unique_ptr<runtime::Engine> engine);

}  // namespace doclayout
