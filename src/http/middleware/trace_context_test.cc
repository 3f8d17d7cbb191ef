#include "http/middleware/trace_context.h"

#include <gtest/gtest.h>

#include <string>

#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kTraceparent = "00-" + kTrace + "-b7ad6b7169203331-01";

TEST(TraceContext, IsPassedOnByTheAnswer) {
  TestServer server;

  const TestAnswer answer =
      TestClient(server.port()).Request(AnalyzeRequestText("", "traceparent: " + kTraceparent + "\r\n"));

  EXPECT_EQ(answer.Header("traceparent"), kTraceparent);
}

TEST(TraceContext, ThatIsNotValidIsIgnored) {
  TestServer server;

  const TestAnswer answer =
      TestClient(server.port()).Request(AnalyzeRequestText("", "traceparent: 00-" + kTrace + "-nonsense-01\r\n"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("traceparent"), "");
}

}  // namespace
}  // namespace doclayout::http
