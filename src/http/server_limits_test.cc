#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TestSetup WithLimits(const Limits& limits) {
  TestSetup setup;
  setup.options.limits = limits;
  return setup;
}

TEST(Limits, RefuseALargeBodyBeforeItComes) {
  TestServer server(WithLimits({.max_body_bytes = 1000}));
  TestClient client(server.port());

  const TestAnswer answer = client.Request(
      "POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 10000000\r\n\r\n");

  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(CodeOf(answer), "too_large");
  EXPECT_THAT(answer.body, HasSubstr("allowed are 1000"));
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_TRUE(server.WaitForMetric(Rejected("body_too_large"), 1));
}

TEST(Limits, KeepTheConnectionOfARefusedPage) {
  TestServer server(WithLimits({.max_body_bytes = 1000, .max_body_bytes_in_flight = 1000}));
  TestClient client(server.port());
  const std::string page(500'000, 'x');

  for (int request = 1; request <= 3; ++request) {
    client.Send("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 500000\r\n\r\n");
    const TestAnswer answer = client.Receive();  // Before anything of the page was sent.
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.Header("connection"), "");
    client.Send(page.substr(0, 200'000));
    client.Send(page.substr(200'000));
  }

  EXPECT_EQ(client.Request(MakeRequest("GET", "/version")).status, 200);
  EXPECT_EQ(server.Metric(Rejected("body_bytes_in_flight")), 0) << "what is read past takes no memory";
  EXPECT_EQ(server.Metric("http_connections_open"), 1);
}

TEST(Limits, EndARefusedPageThatDoesNotCome) {
  TestServer server(WithLimits({.max_body_bytes = 1000, .body_timeout = milliseconds(50)}));
  TestClient client(server.port());

  const TestAnswer answer = client.Request(
      "POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 500000\r\n\r\nbeginning");

  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(Limits, LetACallerWhoSendsEverythingFirstSeeTheAnswer) {
  TestServer server(WithLimits({.max_body_bytes = 1000}));
  TestClient client(server.port());

  const TestAnswer answer =
      client.Request(MakeRequest("POST", "/analyze", "Content-Type: image/png\r\n", std::string(8'000'000, 'x')));

  EXPECT_EQ(answer.status, 413);
}

TEST(Limits, HoldForChunkedBodiesAsTheyArrive) {
  TestServer server(WithLimits({.max_body_bytes = 1000}));
  TestClient client(server.port());
  client.Send("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n");

  for (int i = 0; i < 1000; ++i) client.Send("64\r\n" + std::string(100, 'x') + "\r\n");
  const TestAnswer answer = client.Receive();

  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(server.WaitForMetric(Rejected("body_too_large"), 1));
}

TEST(Limits, RefuseAHeaderOfAMegabyte) {
  TestServer server;
  TestClient client(server.port());

  const TestAnswer answer =
      client.Request(MakeRequest("GET", "/version", "X: " + std::string(1'000'000, 'x') + "\r\n"));

  EXPECT_EQ(answer.status, 431);
  EXPECT_EQ(CodeOf(answer), "header_too_large");
  EXPECT_TRUE(server.WaitForMetric(Rejected("header_too_large"), 1));
}

TEST(Limits, EndAHeaderThatIsTooSlow) {
  TestServer server(WithLimits({.header_timeout = milliseconds(50)}));
  TestClient client(server.port());

  const TestAnswer answer = client.Request("GET /version HT");

  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(CodeOf(answer), "request_timeout");
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_TRUE(server.WaitForMetric(Rejected("header_timeout"), 1));
}

TEST(Limits, EndAHeaderAlsoWhenItComesByteByByte) {
  TestServer server(WithLimits({.header_timeout = milliseconds(50)}));
  TestClient client(server.port());

  // Never pausing for the limit, and never done: the time counts from the first byte.
  client.Send("GET / HTTP/1.1\r\n");
  while (server.Metric(Rejected("header_timeout")) == 0 && client.Send("X: y\r\n")) {
    if (server.Metric(Rejected("header_too_large")) > 0) break;
  }

  EXPECT_THAT(client.Receive().status, testing::AnyOf(408, 431));
}

TEST(Limits, EndAHeaderOfBlankLinesThatNeverEnds) {
  TestServer server(WithLimits({.header_timeout = milliseconds(50)}));
  TestClient endless(server.port());
  TestClient silent(server.port());

  silent.Send("\r\n\r\n");
  std::string blank_lines;
  for (int i = 0; i < 500; ++i) blank_lines += "\r\n";
  while (endless.Send(blank_lines)) {
  }

  EXPECT_EQ(silent.Receive().status, 408);
}

TEST(Limits, EndABodyThatIsTooSlow) {
  TestServer server(WithLimits({.body_timeout = milliseconds(50)}));
  TestClient client(server.port());

  const TestAnswer answer =
      client.Request("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nx");

  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(CodeOf(answer), "request_timeout");
  EXPECT_TRUE(server.WaitForMetric(Rejected("body_timeout"), 1));
}

TEST(Limits, EndIdleConnectionsWithoutAWord) {
  TestServer server(WithLimits({.keep_alive_timeout = milliseconds(50)}));
  TestClient silent(server.port());
  TestClient client(server.port());
  client.Request(MakeRequest("GET", "/version"));

  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_TRUE(silent.IsClosedByServer());
  EXPECT_TRUE(server.WaitForMetric("http_connections_closed_idle_total{reason=\"idle_timeout\"}", 2));
}

TEST(Limits, DoNotCountTheModelsTimeAsTheCallers) {
  Gate gate;
  TestSetup setup = WithLimits({.header_timeout = milliseconds(20),
                                .body_timeout = milliseconds(20),
                                .write_timeout = milliseconds(20),
                                .keep_alive_timeout = milliseconds(20)});
  setup.gate = &gate;
  TestServer server(std::move(setup));
  TestClient client(server.port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  // Another connection that idles away proves that the times have passed.
  EXPECT_TRUE(TestClient(server.port()).IsClosedByServer());
  gate.Open();

  EXPECT_EQ(client.Receive().status, 200);
}

TEST(Limits, EndAReaderWhoIsTooSlow) {
  TestServer server(WithLimits({.write_timeout = milliseconds(50)}));
  TestClient client(server.port(), 4096);
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += MakeRequest("GET", "/metrics");

  client.Send(requests);  // Their answers are more than the kernel's buffers take, and nobody reads them.

  EXPECT_TRUE(server.WaitForMetric(Rejected("write_timeout"), 1));
  EXPECT_TRUE(server.WaitForMetric("http_connections_open", 0));
}

TEST(Limits, LeaveCallersInTheQueueWhenDescriptorsRunOut) {
  TestSetup setup;
  setup.options.accept_pause = milliseconds(10);
  TestServer server(std::move(setup));
  TestClient known(server.port());
  ASSERT_EQ(known.Request(MakeRequest("GET", "/version")).status, 200);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(STDERR_FILENO);
  close(next);
  const rlimit one_more{.rlim_cur = static_cast<rlim_t>(next) + 1, .rlim_max = before.rlim_max};

  // The caller's socket takes the last descriptor that there is; the server has none for its end.
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &one_more), 0);
  TestClient waiting(server.port());
  waiting.Send(MakeRequest("GET", "/version"));
  EXPECT_EQ(known.Request(MakeRequest("GET", "/version")).status, 200);
  EXPECT_EQ(server.Metric("http_connections_open"), 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_EQ(waiting.Receive().status, 200);
}

TEST(Limits, CountEachRefusalOfADocumentThatIsTooLarge) {
  struct Case {
    decode::Limits limits;
    std::string option;
  };
  for (const auto& [limits, option] : {Case{{.max_pixels = 3}, "MAX_PIXELS"}, Case{{.max_pages = 1}, "MAX_PAGES"},
                                       Case{{.max_document_pixels = 1}, "MAX_DOCUMENT_PIXELS"}}) {
    TestSetup setup;
    setup.options.document_limits = limits;
    TestServer server(std::move(setup));
    const std::string document = option == "MAX_PIXELS" ? WhiteBmp(2, 2) : TwoPageTiff();

    const TestAnswer answer =
        TestClient(server.port()).Request(MakeRequest("POST", "/analyze", "Content-Type: image/tiff\r\n", document));

    EXPECT_EQ(answer.status, 413) << option;
    EXPECT_EQ(CodeOf(answer), "too_large") << option;
    EXPECT_THAT(answer.body, HasSubstr("(" + option + ")"));
    EXPECT_TRUE(server.WaitForMetric(Rejected("document_too_large"), 1)) << option;
  }
}

}  // namespace
}  // namespace doclayout::http
