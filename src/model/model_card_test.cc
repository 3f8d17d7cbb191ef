#include "model/model_card.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace doclayout::model {
namespace {

TEST(FindClass, TakesALabelBeforeANumber) {
  const std::vector<std::string> labels = {"text", "0", "table"};

  EXPECT_EQ(FindClass(labels, "table"), 2U);
  EXPECT_EQ(FindClass(labels, "2"), 2U);
  EXPECT_EQ(FindClass(labels, "0"), 1U);
  for (const std::string_view none : {"", "3", "-1", "1x", "Text"}) EXPECT_FALSE(FindClass(labels, none)) << none;
}

}  // namespace
}  // namespace doclayout::model
