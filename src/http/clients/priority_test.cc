#include "http/clients/priority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

TEST(Priority, InteractiveIsForbiddenToABulkClient) {
  const Exchange exchange{.client = "nightly", .bulk_only = true};

  const auto problem = CheckPriority(exchange, true);

  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->type, &kForbidden);
  EXPECT_EQ(problem->type->status, 403);
  EXPECT_EQ(problem->rejection, Rejection::kForbidden);
  EXPECT_THAT(problem->detail, testing::HasSubstr("'nightly'"));
}

TEST(Priority, IsNoMatterToABulkClientThatDoesNotAsk) {
  EXPECT_FALSE(CheckPriority({.bulk_only = true}, false));
}

TEST(Priority, IsEverybodyElsesChoice) {
  EXPECT_FALSE(CheckPriority({}, true));
}

}  // namespace
}  // namespace doclayout::http
