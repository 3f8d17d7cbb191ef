#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

using testing::HasSubstr;
using Progress = RequestParser::Progress;

constexpr Limits kLimits = {.max_body_bytes = 1000, .max_header_bytes = 400};

/// Feeds everything, again and again, as a connection does. Gives the status of the problem, or 0.
struct Fed {
  explicit Fed(std::string_view bytes) { Feed(bytes); }

  void Feed(std::string_view bytes) {
    rest += bytes;
    while (!rest.empty() && !parser.done()) {
      std::size_t consumed = 0;
      const auto progress = parser.Put(rest, consumed);
      rest.erase(0, consumed);
      if (!progress) {
        status = progress.error().type->status;
        detail = progress.error().detail;
        return;
      }
      if (*progress == Progress::kNeedMore) return;
    }
  }

  RequestParser parser{kLimits};
  std::string rest;
  int status = 0;
  std::string detail;
};

std::string Get(std::string_view headers) {
  return "GET / HTTP/1.1\r\n" + std::string(headers) + "\r\n";
}

TEST(RequestParser, ReadsAHeadAndLeavesTheNextRequest) {
  Fed fed("POST /analyze?x=1 HTTP/1.1\r\nHost: h\r\nX-A:  b \r\nContent-Length: 3\r\n\r\nabcGET /");

  EXPECT_TRUE(fed.parser.done());
  EXPECT_EQ(fed.parser.head().method, "POST");
  EXPECT_EQ(fed.parser.head().target, "/analyze?x=1");
  EXPECT_EQ(fed.parser.head().Find("x-a"), "b");
  EXPECT_EQ(fed.parser.head().content_length, 3U);
  EXPECT_TRUE(fed.parser.head().keep_alive);
  EXPECT_EQ(fed.parser.TakeBody(), "abc");
  EXPECT_EQ(fed.rest, "GET /");
}

TEST(RequestParser, DoesNotCareHowBytesArrive) {
  const std::string request =
      "\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: "
      "x\r\n\r\n";
  Fed fed("");

  for (const char c : request) fed.Feed({&c, 1});

  EXPECT_TRUE(fed.parser.done());
  EXPECT_EQ(fed.parser.TakeBody(), "abcde");
  EXPECT_FALSE(fed.parser.head().Find("T"));
}

TEST(RequestParser, StopsBehindTheHead) {
  RequestParser parser(kLimits);
  std::size_t consumed = 0;

  const auto progress = parser.Put("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc", consumed);

  EXPECT_EQ(progress.value(), Progress::kHead);
  EXPECT_EQ(parser.remaining(), 9U);
}

TEST(RequestParser, ReadsPastABodyThatNobodyWants) {
  Fed fed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  fed.parser.DiscardBody();
  fed.Feed("defghiGET /");

  EXPECT_TRUE(fed.parser.done());
  EXPECT_EQ(fed.parser.body_bytes(), 9U);
  EXPECT_EQ(fed.parser.TakeBody(), "");
  EXPECT_EQ(fed.rest, "GET /");
}

TEST(RequestParser, KnowsWhenAConnectionStays) {
  EXPECT_FALSE(Fed(Get("Host: h\r\nConnection: close\r\n")).parser.head().keep_alive);
  EXPECT_FALSE(Fed("GET / HTTP/1.0\r\n\r\n").parser.head().keep_alive);
  EXPECT_TRUE(Fed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").parser.head().keep_alive);
}

TEST(RequestParser, BoundsTheHeader) {
  EXPECT_EQ(Fed(Get("Host: h\r\nX: " + std::string(1'000'000, 'x') + "\r\n")).status, 431);
  EXPECT_EQ(Fed("GET /" + std::string(1000, 'x')).status, 431);
  EXPECT_EQ(Fed(Get("Host: h\r\n")).status, 0);
}

TEST(RequestParser, BoundsAHeaderThatComesInPieces) {
  Fed fed("GET / HTTP/1.1\r\nHost: h\r\n");

  for (int i = 0; i < 100 && fed.status == 0; ++i) fed.Feed("X: y12345678\r\n");

  EXPECT_EQ(fed.status, 431);
}

TEST(RequestParser, BoundsAChunkedBodyAsItArrives) {
  Fed fed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "100\r\n" + std::string(0x100, 'x') + "\r\n";

  for (int i = 0; i < 3; ++i) fed.Feed(chunk);
  EXPECT_EQ(fed.status, 0);

  fed.Feed(chunk);
  EXPECT_EQ(fed.status, 413);
}

TEST(RequestParser, BoundsChunkHeadersAndTrailers) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

  EXPECT_EQ(Fed(head + "1;" + std::string(1000, 'x')).status, 400);
  EXPECT_EQ(Fed(head + "0\r\nX: " + std::string(1000, 'x')).status, 400);
}

TEST(RequestParser, BoundsTheExtensionsOfAllChunksTogether) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string chunks;
  for (int i = 0; i < 40; ++i) chunks += "1;" + std::string(20, 'x') + "\r\na\r\n";

  EXPECT_EQ(Fed(head + chunks).status, 400);
}

TEST(RequestParser, BoundsATrailerWhetherItComesWholeOrNot) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  const std::string long_trailer = "X: " + std::string(1000, 'x') + "\r\n\r\n";
  const std::string short_trailer = "X: " + std::string(20, 'x') + "\r\n\r\n";

  EXPECT_EQ(Fed(head + long_trailer).status, 400);
  EXPECT_EQ(Fed(head + short_trailer).status, 0);
}

TEST(RequestParser, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const char* headers : {
           "Host: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
           "Host: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n",
           "Host: h\r\nContent-Length: 3, 4\r\n",
           "Host: h\r\nContent-Length: 5,5\r\n",
           "Host: h\r\nContent-Length: 5, 5\r\n",
           "Host: h\r\nContent-Length: ,5\r\n",
           "Host: h\r\nContent-Length: 5,\r\n",
           "Host: h\r\nContent-Length: \r\n",
           "Host: h\r\nContent-Length: -1\r\n",
           "Host: h\r\nContent-Length: +1\r\n",
           "Host: h\r\nContent-Length: 0x10\r\n",
           "Host: h\r\nContent-Length: 99999999999999999999\r\n",
           "Host: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Host: h\r\nTransfer-Encoding: xchunked\r\n",
           "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n",
           "Host: h\r\nTransfer-Encoding: chunked, gzip\r\n",
           "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Host: h\r\nHost: i\r\n",
           "",
           "Host: h\r\nContent-Type: image/png\r\nContent-Type: image/jpeg\r\n",
           "Host : h\r\n",
           "Host: h\r\nX: a\x01\r\n",
           "Host: h\nX: a\r\n",
       }) {
    EXPECT_EQ(Fed(Get(headers)).status, 400) << headers;
  }
  EXPECT_EQ(Fed("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status, 400);
}

TEST(RequestParser, RefusesBrokenRequestLines) {
  for (const char* line : {
           "GET",
           "GET /",
           "GET HTTP/1.1",
           "G@T / HTTP/1.1",
           " GET / HTTP/1.1",
           "GET  / HTTP/1.1",
           "GET /  HTTP/1.1",
           "GET /my page HTTP/1.1",
           "GET /my page HTTP/2.0",
           "GET / HTTP/1.1 ",
           "GET / HTTP/1.1 x",
           "GET / http/1.1",
           "GET / HTTP/11",
           "GET / HTTP/1",
           "GET / HTTP/1.10",
           "GET / HTTP/2",
           "GET / HTTP/x.y",
           "GET / HTTPS/1.1",
           "GET / FTP/1.0",
           "GET /\tx HTTP/1.1",
       }) {
    EXPECT_EQ(Fed(std::string(line) + "\r\nHost: h\r\n\r\n").status, 400) << line;
  }
  EXPECT_EQ(Fed("\x16\x03\x01\x02 TLS").status, 400);
}

TEST(RequestParser, SaysWhatIsWrongWithARequestLine) {
  EXPECT_THAT(Fed("GET /my page HTTP/1.1\r\n").detail, HasSubstr("%20"));
  EXPECT_THAT(Fed("GET / HTTP/1.1\nHost: h\n\n").detail, HasSubstr("CR LF"));
  EXPECT_THAT(Fed("GET / HTTP/2.0\r\n").detail, HasSubstr("HTTP/2.0; HTTP/1.0 and HTTP/1.1"));
}

TEST(RequestParser, RefusesLinesThatEndInABareLineFeed) {
  EXPECT_EQ(Fed("GET / HTTP/1.1\nHost: h\n\n").status, 400);
  EXPECT_EQ(Fed("GET / HTTP/2.0\nHost: h\n\n").status, 400);
  EXPECT_EQ(Fed("GET / HTTP/1.1\r\nHost: h\n\n").status, 400);
}

TEST(RequestParser, KnowsOtherVersionsFromBrokenRequestLines) {
  for (const char* version : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"}) {
    EXPECT_EQ(Fed(std::string("GET / ") + version + "\r\nHost: h\r\n\r\n").status, 505) << version;
  }
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

  EXPECT_EQ(Fed(head + "x\r\n").status, 400);
  EXPECT_EQ(Fed(head + "1\r\nab\r\n0\r\n\r\n").status, 400);
  EXPECT_EQ(Fed(head + "ffffffffffffffffff\r\n").status, 400);
}

}  // namespace
}  // namespace doclayout::http
