#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

class NoHandler final : public Handler {
 public:
  Outcome Begin(const Exchange&) override { return Response(); }
};

class RouterTest : public testing::Test {
 protected:
  std::optional<Problem> Find(std::string method, std::string target) {
    exchange_ = Exchange();
    exchange_.head.method = std::move(method);
    exchange_.head.target = std::move(target);
    return router_.Find(exchange_);
  }

  NoHandler handler_;
  Router router_{{{"/a", {"GET", "HEAD"}, &handler_}, {"/b", {"POST"}, &handler_}}};
  Exchange exchange_;
};

TEST_F(RouterTest, FindsAPathAndItsQuery) {
  EXPECT_FALSE(Find("POST", "/b?x=1?2"));

  EXPECT_EQ(exchange_.route->path, "/b");
  EXPECT_EQ(exchange_.path, "/b");
  EXPECT_EQ(exchange_.query, "x=1?2");
}

TEST_F(RouterTest, TakesTheFormThatProxiesSend) {
  EXPECT_FALSE(Find("GET", "http://example.org:80/a?x"));
  EXPECT_EQ(exchange_.query, "x");

  EXPECT_EQ(Find("GET", "http://example.org")->type->status, 404);
}

TEST_F(RouterTest, ComparesPathsAsTheyAre) {
  for (const char* target : {"/", "/c", "/A", "/a/", "//a", "/%61", "/./a", "/a/../a"}) {
    const auto problem = Find("GET", target);
    ASSERT_TRUE(problem) << target;
    EXPECT_EQ(problem->type->status, 404) << target;
    EXPECT_EQ(exchange_.route, nullptr);
  }
}

TEST_F(RouterTest, NamesTheMethodsThatAreAllowed) {
  const auto problem = Find("DELETE", "/a");

  EXPECT_EQ(problem->type->status, 405);
  EXPECT_EQ(problem->headers.at(0).name, "Allow");
  EXPECT_EQ(problem->headers.at(0).value, "GET, HEAD");
  EXPECT_EQ(exchange_.route->path, "/a");
}

TEST_F(RouterTest, RefusesWhatIsNoPath) {
  for (const char* target : {"*", "a", "example.org:443", "ftp://example.org/a", "/a#b", "http://example.org?x"}) {
    EXPECT_EQ(Find("GET", target)->type->status, 400) << target;
  }
}

}  // namespace
}  // namespace doclayout::http
