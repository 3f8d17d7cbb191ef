#include "http/clients/api_keys_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/testing/test_pipe.h"

namespace doclayout::http {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

std::string KeysText(std::string_view name, std::string_view key) {
  const std::string digest = Sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
  return fmt::format(R"({{"keys": [{{"name": "{}", "sha256": "{}"}}]}})", name, digest);
}

class KeysFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/keys.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    file_.reset();
    fs::remove_all(folder_);
  }

  /// A file appears whole, as deployments write it.
  void Write(std::string_view text, std::string_view name = "keys.json") const {
    std::ofstream(folder_ / "new") << text;
    fs::rename(folder_ / "new", folder_ / name);
  }

  /// With a period that is never over: the test looks.
  void Open() {
    auto file = ApiKeysFile::Open({.path = folder_ / "keys.json", .period = std::chrono::hours(1)}, logger_, registry_);
    ASSERT_TRUE(file) << file.error().message;
    file_ = std::move(*file);
  }

  std::string WhyNotOpened(std::string_view name = "keys.json") {
    const auto file = ApiKeysFile::Open({.path = folder_ / name}, logger_, registry_);
    return file ? "" : file.error().message;
  }

  bool Knows(std::string_view key) const { return file_->keys()->Find(key) != nullptr; }
  json NextLine() { return json::parse(log_.ReadLine()); }
  std::string Metrics() const { return registry_.Expose(metrics::Registry::Format::kPrometheusText); }

  fs::path folder_;
  TestPipe log_;
  Logger logger_{LogLevel::kInfo, log_.writing_end()};
  metrics::Registry registry_;
  std::unique_ptr<ApiKeysFile> file_;
};

TEST_F(KeysFile, IsReadWhenOpened) {
  Write(KeysText("a", "secret-a"));

  Open();

  EXPECT_TRUE(Knows("secret-a"));
  EXPECT_THAT(Metrics(), AllOf(HasSubstr("pp_doclayout_api_keys_reloads_total{outcome=\"ok\"} 0"),
                               HasSubstr("pp_doclayout_api_keys_reloads_total{outcome=\"failed\"} 0")));
}

TEST_F(KeysFile, MustBeGoodWhenOpened) {
  EXPECT_THAT(WhyNotOpened(), AllOf(HasSubstr("keys.json' is not usable"), HasSubstr("No such file")));
  Write("{");
  EXPECT_THAT(WhyNotOpened(), HasSubstr("not valid JSON"));
  fs::create_directory(folder_ / "folder");
  EXPECT_THAT(WhyNotOpened("folder"), HasSubstr("it is no file"));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(WhyNotOpened("pipe"), HasSubstr("it is no file"));
}

TEST_F(KeysFile, HasABoundedSize) {
  std::string text = KeysText("a", "secret-a");
  text.resize(ApiKeysFile::kMostBytes, ' ');
  Write(text);
  EXPECT_EQ(WhyNotOpened(), "");

  Write(text + " ", "long.json");
  EXPECT_THAT(WhyNotOpened("long.json"), HasSubstr("more than 1048576 bytes"));
}

TEST_F(KeysFile, IsTakenWhenItIsReplaced) {
  Write(KeysText("a", "secret-a"));
  Open();
  const std::shared_ptr<const ApiKeys> before = file_->keys();

  Write(KeysText("b", "secret-b"));
  file_->CheckNow();

  EXPECT_FALSE(Knows("secret-a"));
  EXPECT_TRUE(Knows("secret-b"));
  EXPECT_NE(before->Find("secret-a"), nullptr);
  const json line = NextLine();
  EXPECT_EQ(line["event"], "api_keys_reloaded");
  EXPECT_EQ(line["keys"], 1);
  EXPECT_THAT(Metrics(), HasSubstr("pp_doclayout_api_keys_reloads_total{outcome=\"ok\"} 1"));
}

TEST_F(KeysFile, IsTakenWhenItsLinksAreSwappedAsKubernetesDoes) {
  for (const std::string_view version : {"1", "2"}) {
    fs::create_directory(folder_ / version);
    Write(KeysText("a", fmt::format("secret-{}", version)), fmt::format("{}/keys.json", version));
  }
  fs::create_directory_symlink("1", folder_ / "..data");
  fs::create_symlink("..data/keys.json", folder_ / "keys.json");
  Open();
  ASSERT_TRUE(Knows("secret-1"));

  fs::create_directory_symlink("2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  fs::remove_all(folder_ / "1");
  file_->CheckNow();

  EXPECT_TRUE(Knows("secret-2"));
  EXPECT_FALSE(Knows("secret-1"));
}

TEST_F(KeysFile, KeepsItsKeysWhenTheNewOnesAreWrongAndSaysSoOnce) {
  Write(KeysText("a", "secret-a"));
  Open();

  Write(R"({"keys": [{"name": "b"}]})");
  file_->CheckNow();
  file_->CheckNow();

  EXPECT_TRUE(Knows("secret-a"));
  const json line = NextLine();
  EXPECT_EQ(line["event"], "api_keys_kept");
  EXPECT_EQ(line["level"], "error");
  EXPECT_THAT(line["reason"].get<std::string>(), HasSubstr("key 1 ('b'): it has no \"sha256\""));
  EXPECT_THAT(Metrics(), HasSubstr("pp_doclayout_api_keys_reloads_total{outcome=\"failed\"} 1"));
  logger_.Write(LogLevel::kInfo, "end");
  EXPECT_EQ(NextLine()["event"], "end");
}

TEST_F(KeysFile, KeepsItsKeysWhenItIsGoneAndTakesThoseOfItsReturn) {
  Write(KeysText("a", "secret-a"));
  Open();

  fs::remove(folder_ / "keys.json");
  file_->CheckNow();
  file_->CheckNow();
  EXPECT_TRUE(Knows("secret-a"));
  EXPECT_THAT(NextLine()["reason"].get<std::string>(), HasSubstr("No such file"));

  Write(KeysText("b", "secret-b"));
  file_->CheckNow();
  EXPECT_TRUE(Knows("secret-b"));
  EXPECT_EQ(NextLine()["event"], "api_keys_reloaded");
}

TEST_F(KeysFile, IsLookedAtByItself) {
  Write(KeysText("a", "secret-a"));
  auto file =
      ApiKeysFile::Open({.path = folder_ / "keys.json", .period = std::chrono::milliseconds(1)}, logger_, registry_);
  ASSERT_TRUE(file);

  Write(KeysText("b", "secret-b"));

  EXPECT_EQ(NextLine()["event"], "api_keys_reloaded");
  EXPECT_NE((*file)->keys()->Find("secret-b"), nullptr);
}

}  // namespace
}  // namespace doclayout::http
