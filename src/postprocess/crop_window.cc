#include "postprocess/crop_window.h"

#include <algorithm>
#include <cmath>

namespace doclayout::postprocess {

CellRange CellRange::Around(double first, double end, std::size_t cells) {
  const auto limit = static_cast<double>(cells);
  const auto to_cell = [limit](double place) {
    return static_cast<int>(std::clamp(std::nearbyint(place), 0.0, limit));
  };
  return {to_cell(first), to_cell(end)};
}

}  // namespace doclayout::postprocess
