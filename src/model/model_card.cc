#include "model/model_card.h"

namespace doclayout::model {

std::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kPicoDet:
      return "picodet";
  }
  return "unknown";
}

}  // namespace doclayout::model
