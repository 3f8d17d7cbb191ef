#include "decode/formats.h"

#include <fmt/format.h>

#include <utility>

namespace doclayout::decode {

std::optional<double> PlausibleDpi(double dots_per_inch) {
  // Written so that NaN fails too.
  if (!(dots_per_inch >= 1 && dots_per_inch <= 100'000)) return std::nullopt;
  return dots_per_inch;
}

Result<Page> FinishPage(int index, Image stored, Orientation orientation, const Density& density) {
  auto upright = Turn(std::move(stored), orientation);
  if (!upright) return Fail(upright.error());

  Page page;
  page.index = index;
  page.rotation = RotationDegrees(orientation);
  page.dpi = SwapsAxes(orientation) ? density.y : density.x;
  page.image = *std::move(upright);
  return page;
}

Result<void> CheckPageIndex(int index, int count) {
  if (index >= 0 && index < count) return {};
  return Fail(ErrorCode::kBadParameter, fmt::format("There is no page {}: the document has {} page{}.",
                                                    index + std::int64_t{1}, count, count == 1 ? "" : "s"));
}

Result<Page> SinglePageDocument::ReadPage(int index) {
  if (auto found = CheckPageIndex(index, 1); !found) return Fail(found.error());
  return Finish(index, Decode());
}

Result<Page> SinglePageDocument::Finish(int index, Result<Image> stored) const {
  if (!stored) return Fail(std::move(stored.error()));
  return FinishPage(index, *std::move(stored), orientation_, density_);
}

}  // namespace doclayout::decode
