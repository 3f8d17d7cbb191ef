#include "model/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/sha256.h"

namespace doclayout::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Answers one connection after another with bytes of the test's own. What a server on this machine cannot be made to
/// do through the program is here; the rest is in tests/e2e/test_model_command.py.
class ScriptedServer {
 public:
  struct Answer {
    std::string bytes;
    bool hold = false;  ///< stay silent until the client has gone
  };

  explicit ScriptedServer(std::vector<Answer> answers)
      : answers_(std::move(answers)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, length) != 0 || listen(listener_, 8) != 0 ||
        getsockname(listener_, generic, &length) != 0) {
      std::abort();
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/model.onnx";
    thread_ = std::thread([this] { Serve(); });
  }

  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const std::string& url() const { return url_; }

 private:
  void Serve() {
    for (const Answer& answer : answers_) {
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      char block[4096];
      std::string request;
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = read(client, block, sizeof(block));
        if (count <= 0) break;
        request.append(block, static_cast<std::size_t>(count));
      }
      send(client, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
      while (answer.hold && read(client, block, sizeof(block)) > 0) {
      }
      close(client);
    }
  }

  std::vector<Answer> answers_;
  const int listener_;
  std::string url_;
  std::thread thread_;
};

class DownloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
    std::filesystem::remove_all(folder_);
    target_ = folder_ / "model.onnx";
    options_.backoff = std::chrono::milliseconds(1);
  }

  PartFile Open() {
    auto part = PartFile::Open(target_, nullptr);
    if (!part) std::abort();
    return std::move(*part);
  }

  std::vector<std::string> Left() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }

  static std::string Good(std::size_t declared, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(declared) + "\r\n\r\n" + body;
  }

  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "download_test";
  std::filesystem::path target_;
  DownloadOptions options_;
};

TEST_F(DownloadTest, GivesUpAServerThatStalls) {
  ScriptedServer server({{.bytes = Good(10, "12345"), .hold = true}});
  options_.stall_timeout = std::chrono::seconds(1);
  options_.attempts = 1;
  PartFile part = Open();

  const auto done = Download(server.url(), part, options_, {});

  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("Operation too slow"));
  EXPECT_EQ(part.size(), 5U);
}

TEST_F(DownloadTest, IsDoneWhenAServerHasNoMoreThanItSent) {
  ScriptedServer server({{.bytes = Good(99, "12345")},
                         {.bytes = "HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n"}});
  PartFile part = Open();

  EXPECT_TRUE(Download(server.url(), part, options_, {}));

  EXPECT_EQ(part.size(), 5U);
}

TEST_F(DownloadTest, TakesNoMoreThanItMay) {
  ScriptedServer server({{.bytes = Good(11, "12345")}});
  options_.most_bytes = 10;
  PartFile part = Open();

  const auto done = Download(server.url(), part, options_, {});

  EXPECT_EQ(done.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(done.error().message, HasSubstr("has 11 bytes; at most 10 are taken"));
}

TEST_F(DownloadTest, TellsHowFarItIs) {
  ScriptedServer server({{.bytes = Good(5, "12345")}});
  std::pair<std::uint64_t, std::uint64_t> last;
  PartFile part = Open();

  ASSERT_TRUE(Download(server.url(), part, options_,
                       {.on_progress = [&](std::uint64_t done, std::uint64_t total) { last = {done, total}; },
                        .on_retry = {},
                        .on_wait = {}}));

  EXPECT_EQ(last, std::pair(std::uint64_t{5}, std::uint64_t{5}));
}

TEST_F(DownloadTest, APartIsNoFileOfTheTargetsNameUntilItIsPublished) {
  PartFile part = Open();
  const std::string text = "abc";
  ASSERT_TRUE(part.Append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  EXPECT_THAT(Left(), ::testing::ElementsAre("model.onnx.part"));

  ASSERT_TRUE(part.Publish());

  EXPECT_THAT(Left(), ::testing::ElementsAre("model.onnx"));
}

TEST_F(DownloadTest, APartThatIsEmptyOrDiscardedIsGone) {
  {
    const PartFile empty = Open();
  }
  EXPECT_THAT(Left(), IsEmpty());
  {
    PartFile part = Open();
    const std::uint8_t byte = 1;
    ASSERT_TRUE(part.Append({&byte, 1}));
    part.Discard();
  }
  EXPECT_THAT(Left(), IsEmpty());
}

TEST_F(DownloadTest, APartKeepsItsDigestFromRunToRun) {
  const std::string text = "abc";
  const auto bytes = std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  {
    PartFile part = Open();
    ASSERT_TRUE(part.Append(bytes.first(1)));
  }
  PartFile part = Open();
  ASSERT_TRUE(part.Append(bytes.subspan(1)));

  EXPECT_EQ(part.Digest(), Sha256(bytes));
  ASSERT_TRUE(part.Restart());
  EXPECT_EQ(part.Digest(), Sha256({}));
}

TEST(PrintableUrl, HasNoPassword) {
  EXPECT_EQ(PrintableUrl("http://someone:secret@host:81/a"), "http://host:81/a");
  EXPECT_EQ(PrintableUrl("::"), "the URL");
}

}  // namespace
}  // namespace doclayout::model
