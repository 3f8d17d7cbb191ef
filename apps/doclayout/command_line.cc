#include "command_line.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "commands.h"
#include "console.h"

namespace doclayout {
namespace {

std::optional<std::string> ReadEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

config::Command ReadCommandLine(std::span<const char* const> arguments) {
  const std::string version = std::string("doclayout ") + Version() + " (" + Commit() + ")";
  return config::ParseCommand(arguments, ReadEnvironment, version);
}

int Leave(const config::ExitNow& exit) {
  if (exit.exit_code != 0) {
    std::fputs(exit.text.c_str(), stderr);
  } else if (const auto written = WriteToStandardOutput(exit.text); !written) {
    Complain(written.error().message);
    return kExitSomeFailed;
  }
  return exit.exit_code;
}

}  // namespace doclayout
