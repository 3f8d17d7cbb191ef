#include "http/response.h"

#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

TEST(HeadText, IsAStatusLineAndHeaders) {
  Response response;
  response.content_type = "text/plain";
  response.headers.push_back({"Allow", "GET"});
  response.body = "hello";

  EXPECT_EQ(HeadText(response, "today", false),
            "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nAllow: GET\r\n\r\n");
}

TEST(HeadText, SaysWhatBecomesOfTheConnection) {
  Response response;
  EXPECT_EQ(HeadText(response, "d", true),
            "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");

  response.close = true;
  EXPECT_EQ(HeadText(response, "d", true),
            "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(HttpDate, IsAnImfFixdate) {
  EXPECT_EQ(HttpDate(std::chrono::system_clock::from_time_t(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace doclayout::http
