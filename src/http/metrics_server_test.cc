#include "http/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/testing/test_client.h"

namespace doclayout::http {
namespace {

using testing::HasSubstr;

class MetricsServerTest : public testing::Test {
 protected:
  void Serve(health::Status status = health::Status::kHealthy, Limits limits = MetricsServer::SmallLimits()) {
    server_ = std::move(
        *MetricsServer::Listen({.host = "127.0.0.1", .limits = limits},
                               {.registry = registry_,
                                .health = [status] { return health::Judge({{.name = "probing", .status = status}}); },
                                .logger = logger_,
                                .clock = clock_}));
  }

  TestAnswer Get(std::string_view target) const {
    return TestClient(server_->port()).Request(MakeRequest("GET", target));
  }

  const SteadyClock clock_;
  Logger logger_{LogLevel::kOff, -1};
  metrics::Registry registry_;
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(MetricsServerTest, ServesTheRegistry) {
  registry_.AddGauge("something", "Some thing").Set(7);
  Serve();

  const TestAnswer answer = Get("/metrics");

  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.Header("content-type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer.body, HasSubstr("\nsomething 7\n"));
  EXPECT_THAT(answer.body, HasSubstr("\nhttp_connections_open 1\n"));
}

TEST_F(MetricsServerTest, SaysHowTheProgramIs) {
  Serve();
  EXPECT_EQ(Get("/health").status, 200);
  EXPECT_THAT(Get("/livez").body, HasSubstr(R"("name":"probing")"));
}

TEST_F(MetricsServerTest, SaysWhenTheProgramIsIll) {
  Serve(health::Status::kUnhealthy);

  EXPECT_EQ(Get("/health").status, 503);
}

TEST_F(MetricsServerTest, HasNothingElse) {
  Serve();

  EXPECT_EQ(Get("/analyze").status, 404);
  EXPECT_EQ(TestClient(server_->port()).Request(MakeRequest("POST", "/metrics", "", "x")).status, 405);
  EXPECT_EQ(TestClient(server_->port()).Request(MakeRequest("GET", "/metrics", "", "x")).status, 413);
  EXPECT_EQ(TestClient(server_->port()).Request("rubbish\r\n\r\n").status, 400);
}

TEST_F(MetricsServerTest, AnswersScrapesOnPlacesThatAreKeptForThem) {
  Limits limits = MetricsServer::SmallLimits();
  limits.max_connections = 1;
  limits.spare_connections = 1;
  Serve(health::Status::kHealthy, limits);
  const TestClient busy(server_->port());
  ASSERT_TRUE(busy.Send("GET /metrics HTTP/1.1\r\n"));

  EXPECT_EQ(Get("/metrics").status, 200);
}

TEST_F(MetricsServerTest, ClosesSlowCallers) {
  Limits limits = MetricsServer::SmallLimits();
  limits.header_timeout = std::chrono::milliseconds(20);
  Serve(health::Status::kHealthy, limits);
  TestClient slow(server_->port());
  ASSERT_TRUE(slow.Send("GET /metrics HTTP/1.1\r\n"));

  EXPECT_EQ(slow.Receive().status, 408);
}

TEST_F(MetricsServerTest, EndsWithConnectionsOpen) {
  Serve();
  TestClient client(server_->port());
  ASSERT_EQ(client.Request(MakeRequest("GET", "/health")).status, 200);

  server_.reset();

  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(MetricsServerTest, ATakenPortIsAnError) {
  Serve();
  metrics::Registry other;

  const auto second = MetricsServer::Listen(
      {.host = "127.0.0.1", .port = server_->port()},
      {.registry = other, .health = [] { return health::Judge({}); }, .logger = logger_, .clock = clock_});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBadParameter);
}

}  // namespace
}  // namespace doclayout::http
