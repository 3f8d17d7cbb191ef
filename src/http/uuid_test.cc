#include "http/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

TEST(UuidV7, HasTimeVersionAndVariantWhereRfc9562PutsThem) {
  // The RFC's example, appendix A.6: 2022-02-22 19:22:22 UTC.
  const std::array<std::uint8_t, 10> random = {0xfc, 0xc3, 0xd8, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};

  EXPECT_EQ(FormatUuidV7(0x017f22e279b0, random), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(UuidV7, IsNewEachTime) {
  const std::string first = MakeUuidV7();

  EXPECT_THAT(first, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(first, MakeUuidV7());
}

}  // namespace
}  // namespace doclayout::http
