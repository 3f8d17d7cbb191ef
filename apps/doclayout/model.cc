#include "commands.h"
#include "console.h"

namespace doclayout {

int RunModel(const config::ModelConfig& /*config*/) {
  Complain("this command is not there yet");
  return kExitSomeFailed;
}

}  // namespace doclayout
