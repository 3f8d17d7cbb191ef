#include "commands.h"
#include "console.h"

namespace doclayout {

int RunPostprocess(const config::PostprocessConfig& /*config*/) {
  Complain("this command is not there yet");
  return kExitSomeFailed;
}

}  // namespace doclayout
