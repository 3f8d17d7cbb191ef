#include "engine_seam.h"

namespace doclayout {

std::unique_ptr<runtime::Engine> ThroughSeam(std::unique_ptr<runtime::Engine> engine) {
  return engine;
}

}  // namespace doclayout
