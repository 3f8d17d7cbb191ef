#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/sha256.h"
#include "http/clients/api_keys_file.h"
#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kBilling = "Authorization: Bearer key-of-billing\r\n";
constexpr std::string_view kProbes[] = {"/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics"};

std::string Entry(std::string_view name, std::string_view more = "") {
  const std::string key = fmt::format("key-of-{}", name);
  const std::string digest = Sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
  return fmt::format(R"({{"name": "{}", "sha256": "{}"{}}})", name, digest, more);
}

/// A file with the keys `key-of-billing` and `key-of-slow`, which may send one request in 1000 s.
class Keys {
 public:
  Keys() {
    std::string pattern = testing::TempDir() + "/clients.XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    const std::string path = folder_ / "keys.json";
    std::ofstream(path) << fmt::format(R"({{"keys": [{}, {}]}})", Entry("billing"),
                                       Entry("slow", R"(, "rate": 0.001)"));
    file_ = std::move(ApiKeysFile::Open({.path = path}, logger_, registry_).value());
  }
  ~Keys() {
    file_.reset();
    std::filesystem::remove_all(folder_);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  const ApiKeysFile* file() const { return file_.get(); }

 private:
  std::filesystem::path folder_;
  Logger logger_{LogLevel::kOff, STDERR_FILENO};
  metrics::Registry registry_;
  std::unique_ptr<ApiKeysFile> file_;
};

TestSetup WithKeys(const Keys& keys, ClientPolicy clients = {}) {
  TestSetup setup;
  setup.api_keys = keys.file();
  setup.options.clients = std::move(clients);
  return setup;
}

TestSetup WithRate(Rate rate, std::string_view trusted_proxies = "") {
  TestSetup setup;
  setup.options.clients = {.rate = rate, .trusted_proxies = Networks::Parse(trusted_proxies).value()};
  return setup;
}

TestAnswer Ask(const TestServer& server, std::string_view headers, std::string_view path = "/version") {
  return TestClient(server.port()).Request(MakeRequest("GET", path, headers));
}

/// One request in 1000 s: who has sent it gets no other one while a test runs.
constexpr Rate kOnce{.per_second = 0.001, .burst = 1};

TEST(ServerKeys, AreNotAskedForWithoutAFile) {
  TestServer server;

  EXPECT_EQ(Ask(server, "").status, 200);
  EXPECT_EQ(Ask(server, "X-API-Key: anything\r\nAuthorization: Bearer else\r\n").status, 200);
}

TEST(ServerKeys, LetInWhoHasOne) {
  const Keys keys;
  TestServer server(WithKeys(keys));

  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText("", kBilling)).status, 200);
  for (const std::string_view header :
       {"authorization: bearer key-of-billing\r\n", "Authorization: Bearer   key-of-billing\r\n",
        "X-API-Key: key-of-billing\r\n", "Authorization: Basic YTpi\r\nX-API-Key: key-of-billing\r\n",
        "Authorization: Bearer key-of-billing\r\nX-API-Key: key-of-billing\r\n"}) {
    EXPECT_EQ(Ask(server, header).status, 200) << header;
  }
  EXPECT_EQ(server.Metric(Rejected("unauthorized")), 0);
}

TEST(ServerKeys, AreNeeded) {
  const Keys keys;
  TestServer server(WithKeys(keys));

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(CodeOf(answer), "unauthorized");
  EXPECT_EQ(answer.Header("www-authenticate"), "Bearer realm=\"doclayout\"");
  EXPECT_TRUE(server.WaitForMetric(Rejected("unauthorized"), 1));
  for (const std::string_view header : {"Authorization: Basic YTpi\r\n", "Authorization: Bearer\r\n",
                                        "Authorization: Bearerkey-of-billing\r\n", "X-API-Key:\r\n"}) {
    EXPECT_EQ(CodeOf(Ask(server, header)), "unauthorized") << header;
  }
}

TEST(ServerKeys, AreAskedForBeforeTheBodyIsSent) {
  const Keys keys;
  TestServer server(WithKeys(keys));
  TestClient client(server.port());

  const TestAnswer answer = client.Request(
      "POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n"
      "Expect: 100-continue\r\n\r\n");

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.Header("connection"), "close");
}

TEST(ServerKeys, MustBeKnown) {
  const Keys keys;
  TestServer server(WithKeys(keys));

  const TestAnswer answer = Ask(server, "X-API-Key: key-of-nobody\r\n");

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(CodeOf(answer), "unauthorized");
  EXPECT_THAT(answer.Header("www-authenticate"), HasSubstr("error=\"invalid_token\""));
  EXPECT_EQ(answer.body.find("key-of-nobody"), std::string::npos);
}

TEST(ServerKeys, MustBeOne) {
  const Keys keys;
  TestServer server(WithKeys(keys));

  for (const std::string_view headers :
       {"Authorization: Bearer key-of-billing\r\nX-API-Key: key-of-slow\r\n",
        "X-API-Key: key-of-billing\r\nX-API-Key: key-of-billing\r\n",
        "Authorization: Bearer key-of-billing\r\nAuthorization: Bearer key-of-slow\r\n"}) {
    EXPECT_EQ(CodeOf(Ask(server, headers)), "bad_request") << headers;
  }
}

TEST(ServerKeys, AreNotForProbesUnlessSaidSo) {
  const Keys keys;
  TestServer open(WithKeys(keys));
  TestServer closed(WithKeys(keys, {.keys_for_probes = true}));

  for (const std::string_view path : kProbes) {
    EXPECT_EQ(Ask(open, "", path).status, 200) << path;
    EXPECT_EQ(Ask(open, "X-API-Key: key-of-nobody\r\n", path).status, 200) << path;
    EXPECT_EQ(Ask(closed, "", path).status, 401) << path;
    EXPECT_EQ(Ask(closed, kBilling, path).status, 200) << path;
  }
}

TEST(ServerRate, IsWithoutALimitByDefault) {
  TestServer server;

  for (int i = 0; i < 100; ++i) ASSERT_EQ(Ask(server, "").status, 200);

  EXPECT_EQ(server.Metric("pp_doclayout_rate_limit_clients"), 0);
}

TEST(ServerRate, RefusesBeyondTheBurstAndSaysWhenToComeAgain) {
  TestServer server(WithRate({.per_second = 0.001, .burst = 2}));
  TestClient client(server.port());
  EXPECT_EQ(client.Request(AnalyzeRequestText()).status, 200);
  EXPECT_EQ(client.Request(AnalyzeRequestText()).status, 200);

  const TestAnswer answer = client.Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(CodeOf(answer), "rate_limited");
  EXPECT_EQ(answer.Header("retry-after"), "1000");
  EXPECT_THAT(answer.body, HasSubstr("'127.0.0.1' may send 0.001 requests a second, and 2 at once"));
  EXPECT_TRUE(server.WaitForMetric(Rejected("rate_limited"), 1));
  EXPECT_EQ(server.Metric("pp_doclayout_rate_limit_clients"), 1);
}

TEST(ServerRate, IsLookedAtBeforeTheBodyIsSent) {
  TestServer server(WithRate(kOnce));
  ASSERT_EQ(Ask(server, "").status, 200);
  TestClient client(server.port());

  const TestAnswer answer =
      client.Request("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\n");

  EXPECT_EQ(answer.status, 429);
}

TEST(ServerRate, CountsWhatIsRefusedForAnotherReason) {
  TestServer server(WithRate(kOnce));
  ASSERT_EQ(TestClient(server.port()).Request(AnalyzeRequestText("threshold=7")).status, 400);

  EXPECT_EQ(Ask(server, "").status, 429);
}

TEST(ServerRate, IsNotForProbes) {
  TestServer server(WithRate(kOnce));
  for (const std::string_view path : kProbes) {
    EXPECT_EQ(Ask(server, "", path).status, 200) << path;
  }

  EXPECT_EQ(Ask(server, "").status, 200);
}

TEST(ServerRate, OfAKeyWinsAndEachKeyIsAClient) {
  const Keys keys;
  TestServer server(WithKeys(keys, {.rate = {.per_second = 0.001, .burst = 2}}));
  const std::string_view slow = "X-API-Key: key-of-slow\r\n";

  EXPECT_EQ(Ask(server, slow).status, 200);
  const TestAnswer refused = Ask(server, slow);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("'slow' may send 0.001 requests a second, and 1 at once"));
  EXPECT_EQ(Ask(server, kBilling).status, 200);
  EXPECT_EQ(Ask(server, kBilling).status, 200);
  EXPECT_EQ(Ask(server, kBilling).status, 429);
}

TEST(ServerRate, ForgetsClientsBeyondItsBound) {
  TestSetup setup = WithRate(kOnce, "127.0.0.1");
  setup.options.clients.most_counted_clients = 1;
  TestServer server(std::move(setup));

  ASSERT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.1\r\n").status, 200);
  ASSERT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.2\r\n").status, 200);

  EXPECT_EQ(server.Metric("pp_doclayout_rate_limit_clients"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_rate_limit_clients_forgotten_total"), 1);
}

TEST(ServerProxies, AreBelievedWhereTheyAreTrusted) {
  TestServer server(WithRate(kOnce, "127.0.0.0/8"));

  EXPECT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.1\r\n").status, 200);
  EXPECT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.2\r\n").status, 200);
  const TestAnswer again = Ask(server, "X-Forwarded-For: 203.0.113.1, 192.0.2.1\r\n");
  EXPECT_EQ(again.status, 429);
  EXPECT_THAT(again.body, HasSubstr("'192.0.2.1'"));
}

TEST(ServerProxies, AreCallersLikeOthersWhereTheyAreNot) {
  TestServer server(WithRate(kOnce));
  ASSERT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.1\r\n").status, 200);

  EXPECT_EQ(Ask(server, "X-Forwarded-For: 192.0.2.2\r\n").status, 429);
}

}  // namespace
}  // namespace doclayout::http
