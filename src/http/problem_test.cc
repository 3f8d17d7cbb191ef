#include "http/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace doclayout::http {
namespace {

using testing::Contains;
using testing::Field;

TEST(Problem, IsWrittenAsRfc9457Says) {
  Problem problem(Error{ErrorCode::kTooLarge, "the page has 9 pixels; allowed are 4"});

  const Response response = ProblemResponse(problem, "id-1");

  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.error_code, "too_large");
  const auto json = nlohmann::json::parse(response.body);
  EXPECT_EQ(json["type"], "/problems/too_large");
  EXPECT_EQ(json["status"], 413);
  EXPECT_EQ(json["code"], "too_large");
  EXPECT_EQ(json["detail"], "the page has 9 pixels; allowed are 4");
  EXPECT_EQ(json["request_id"], "id-1");
  EXPECT_FALSE(json["title"].get<std::string>().empty());
}

TEST(Problem, SaysWhenToTryAgain) {
  Problem problem(Error{ErrorCode::kOverloaded, "full"});
  problem.retry_after_seconds = 7;

  const Response response = ProblemResponse(problem, "");

  EXPECT_THAT(response.headers, Contains(Field(&Header::name, "Retry-After")));
  EXPECT_EQ(response.headers.front().value, "7");
}

TEST(Problem, SurvivesBytesThatAreNotUtf8) {
  const Response response = ProblemResponse(Problem(Error{ErrorCode::kBadRequest, "\xff\xfe"}), "\x80");

  EXPECT_TRUE(nlohmann::json::accept(response.body));
}

TEST(ProblemTypes, KeepTheNamesOfErrorCodes) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    // A bad model stops the program before it serves; should it happen later, it is our fault.
    const std::string_view expected = code == ErrorCode::kBadModel ? "internal" : ErrorCodeName(code);
    EXPECT_EQ(ProblemTypeOf(code).code, expected);
  }
}

TEST(ProblemTypes, HaveDifferentCodes) {
  std::set<std::string_view> codes;
  for (const ProblemType* type : AllProblemTypes()) {
    EXPECT_TRUE(codes.insert(type->code).second) << type->code;
    EXPECT_GE(type->status, 400);
  }
}

}  // namespace
}  // namespace doclayout::http
