#include <gtest/gtest.h>

#include "types/image.h"
#include "types/page_layout.h"
#include "types/tensor.h"

namespace doclayout {
namespace {

TEST(Image, CloneIsDeep) {
  Image image(2, 3);
  std::fill(image.bytes().begin(), image.bytes().end(), std::uint8_t{7});

  Image copy = image.Clone();
  image.row(2)[5] = 9;

  EXPECT_EQ(copy.size_bytes(), 18U);
  EXPECT_EQ(copy.row(2)[5], 7);
}

TEST(OrderSource, NamesAreThoseOfTheAnswer) {
  EXPECT_EQ(OrderSourceName(OrderSource::kXyCut), "xy_cut");
  EXPECT_EQ(OrderSourceName(OrderSource::kModel), "model");
  EXPECT_EQ(OrderSourceName(OrderSource::kNone), "none");
}

TEST(Tensor, CountsElements) {
  EXPECT_EQ(ElementCount({1, 3, 4, 5}), 60U);
}

}  // namespace
}  // namespace doclayout
