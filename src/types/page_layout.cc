#include "types/page_layout.h"

namespace doclayout {

std::string_view OrderSourceName(OrderSource source) {
  switch (source) {
    case OrderSource::kNone:
      return "none";
    case OrderSource::kModel:
      return "model";
    case OrderSource::kXyCut:
      return "xy_cut";
  }
  return "none";
}

}  // namespace doclayout
