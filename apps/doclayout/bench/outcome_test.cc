#include "bench/outcome.h"

#include <gtest/gtest.h>

#include <set>

namespace doclayout::bench {
namespace {

TEST(Outcome, IsToldFromStatusAndRetryAfter) {
  EXPECT_EQ(OutcomeOfStatus(200, false), Outcome::kOk);
  EXPECT_EQ(OutcomeOfStatus(204, false), Outcome::kOk);
  EXPECT_EQ(OutcomeOfStatus(429, false), Outcome::kRefused);
  EXPECT_EQ(OutcomeOfStatus(503, true), Outcome::kRefused);
  EXPECT_EQ(OutcomeOfStatus(503, false), Outcome::kServerError);
  EXPECT_EQ(OutcomeOfStatus(504, true), Outcome::kExpired);
  EXPECT_EQ(OutcomeOfStatus(422, false), Outcome::kClientError);
  EXPECT_EQ(OutcomeOfStatus(500, false), Outcome::kServerError);
  EXPECT_EQ(OutcomeOfStatus(302, false), Outcome::kOther);
  EXPECT_EQ(OutcomeOfStatus(999, false), Outcome::kOther);
}

TEST(Outcome, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Outcome outcome : kAllOutcomes) names.insert(OutcomeName(outcome));

  EXPECT_EQ(names.size(), kOutcomes);
}

TEST(Outcome, OnlyAStatusIsAnAnswer) {
  EXPECT_TRUE(IsAnswered(Outcome::kOk));
  EXPECT_TRUE(IsAnswered(Outcome::kServerError));
  EXPECT_TRUE(IsAnswered(Outcome::kOther));
  EXPECT_FALSE(IsAnswered(Outcome::kConnectionFailed));
  EXPECT_FALSE(IsAnswered(Outcome::kTimeout));
}

TEST(Outcome, DetailIsTheSentenceOfAProblem) {
  EXPECT_EQ(DetailOf(R"({"title": "t", "detail": "the queue is full"})"), "the queue is full");
  EXPECT_EQ(DetailOf(R"({"detail": [{"loc": ["file"]}]})"), R"([{"loc":["file"]}])");
  EXPECT_EQ(DetailOf("Bad\r\nGateway"), "Bad  Gateway");
  EXPECT_EQ(DetailOf(""), "");
}

TEST(Outcome, DetailIsCutBetweenLetters) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "ä";

  const std::string detail = DetailOf("x" + body);

  EXPECT_LE(detail.size(), 303U);
  EXPECT_TRUE(detail.ends_with("ä…"));
}

}  // namespace
}  // namespace doclayout::bench
