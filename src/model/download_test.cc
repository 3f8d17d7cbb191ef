#include "model/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/sha256.h"
#include "base/testing/scripted_server.h"

namespace doclayout::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a server on this machine cannot be made to do through the program is here; the rest is in
/// tests/e2e/test_model_command.py.
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
  ScriptedServer server({{.answer = Good(10, "12345"), .hold = true}});
  options_.stall_timeout = std::chrono::seconds(1);
  options_.attempts = 1;
  PartFile part = Open();

  const auto done = Download(server.url() + "/model.onnx", part, options_, {});

  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("Operation too slow"));
  EXPECT_EQ(part.size(), 5U);
}

TEST_F(DownloadTest, IsDoneWhenAServerHasNoMoreThanItSent) {
  ScriptedServer server({{.answer = Good(99, "12345")},
                         {.answer = "HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n"}});
  PartFile part = Open();

  EXPECT_TRUE(Download(server.url() + "/model.onnx", part, options_, {}));

  EXPECT_EQ(part.size(), 5U);
}

TEST_F(DownloadTest, TakesNoMoreThanItMay) {
  ScriptedServer server({{.answer = Good(11, "12345")}});
  options_.most_bytes = 10;
  PartFile part = Open();

  const auto done = Download(server.url() + "/model.onnx", part, options_, {});

  EXPECT_EQ(done.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(done.error().message, HasSubstr("has 11 bytes; at most 10 are taken"));
}

TEST_F(DownloadTest, TellsHowFarItIs) {
  ScriptedServer server({{.answer = Good(5, "12345")}});
  std::pair<std::uint64_t, std::uint64_t> last;
  PartFile part = Open();

  ASSERT_TRUE(Download(server.url() + "/model.onnx", part, options_,
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
