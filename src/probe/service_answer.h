#pragma once

#include <cstddef>
#include <string>

#include "client/http_client.h"
#include "probe/outcome.h"

/// What a service's answers say. Pure functions, thread-safe: an answer may be anything, of any program.
namespace doclayout::probe {

/// Of a report's checks; what is beyond is not looked at.
constexpr std::size_t kMostChecks = 32;

/// An answer of `/deep-health`.
Outcome ReadDeepHealth(const client::Answer& answer);

/// Where a service is on its way up.
enum class StartState {
  kStarted,
  kStarting,     ///< it says that it is not there yet
  kDraining,     ///< it goes
  kUnreachable,  ///< it says nothing, or something stands before it that cannot reach it
  kRefused,      ///< this caller, or this path: waiting may not help
};

/// "started", "starting", "draining", "unreachable" or "refused".
std::string_view StartStateName(StartState state);

struct StartUp {
  StartState state = StartState::kUnreachable;
  std::string phase;  ///< what it does, or why it cannot be asked; one sentence, empty once started
};

/// An answer of `/startupz`.
StartUp ReadStartUp(const client::Answer& answer);

}  // namespace doclayout::probe
