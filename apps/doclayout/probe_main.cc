#include <malloc.h>

#include <csignal>
#include <exception>
#include <variant>
#include <vector>

#include "command_line.h"
#include "commands.h"
#include "config/config.h"
#include "console.h"

namespace {

int Run(int argc, char** argv) {
  // A closed connection or pipe is an error of one write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  mallopt(M_ARENA_MAX, 1);  // a handful of small threads that hardly ever allocate at once
  // `doclayout probe`, with every option as it has there.
  std::vector<const char*> words = {"doclayout", "probe"};
  if (argc > 1) words.insert(words.end(), argv + 1, argv + argc);
  const auto command = doclayout::ReadCommandLine(words);
  if (const auto* probe = std::get_if<doclayout::config::ProbeConfig>(&command)) return doclayout::RunProbe(*probe);
  if (const auto* exit = std::get_if<doclayout::config::ExitNow>(&command)) return doclayout::Leave(*exit);
  return doclayout::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    // Modules catch what their libraries throw; what comes here is no memory, or no thread to be had.
    doclayout::Complain(error.what());
    return doclayout::kExitUsage;
  }
}
