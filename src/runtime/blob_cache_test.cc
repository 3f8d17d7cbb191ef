#include "runtime/blob_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace doclayout::runtime {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// An empty folder of a test's own, removed with it.
class BlobCacheTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  static auto Writing(std::string text) {
    return [text = std::move(text)](std::ostream& stream) { stream << text; };
  }

  static std::string Text(const Blob& blob) { return {blob.bytes.begin(), blob.bytes.end()}; }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) files.push_back(entry.path());
    return files;
  }

  /// Of the only file.
  void Overwrite(std::streamoff offset, const std::string& text) const {
    std::fstream file(Files().at(0), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(offset);
    file << text;
  }

  const std::string name_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path folder_ = fs::path(testing::TempDir()) / ("blob_cache_" + name_);
};

constexpr std::streamoff kHeadSize = 192;

TEST_F(BlobCacheTest, FindsWhatWasStoredUnderTheSameKey) {
  const BlobCache cache(folder_ / "made" / "for it");

  ASSERT_TRUE(cache.Store("key", Writing("content")));

  const auto found = cache.Find("key");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(Text(*found), "content");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found->bytes.data()) % 64, 0U);
  EXPECT_EQ(cache.Find("another key").error().code, ErrorCode::kNotFound);
}

TEST_F(BlobCacheTest, StoringAgainReplaces) {
  const BlobCache cache(folder_);

  ASSERT_TRUE(cache.Store("key", Writing("old")));
  ASSERT_TRUE(cache.Store("key", Writing("new")));

  EXPECT_EQ(Text(cache.Find("key").value()), "new");
  EXPECT_EQ(Files().size(), 1U);
}

TEST_F(BlobCacheTest, ChangedContentIsNotUsed) {
  const BlobCache cache(folder_);
  ASSERT_TRUE(cache.Store("key", Writing("content")));

  Overwrite(kHeadSize + 2, "X");

  EXPECT_EQ(cache.Find("key").error().code, ErrorCode::kInternal);
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("is not used: its content was changed"));
}

TEST_F(BlobCacheTest, AFileThatWasCutOffIsNotUsed) {
  const BlobCache cache(folder_);
  ASSERT_TRUE(cache.Store("key", Writing("content")));
  const fs::path file = Files().at(0);

  fs::resize_file(file, kHeadSize + 3);
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("it was cut off"));
  fs::resize_file(file, 10);
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("no file of this cache"));
  fs::resize_file(file, 0);
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("no file of this cache"));
}

TEST_F(BlobCacheTest, AnotherFormatOrAFileOfAnotherKeyIsNotUsed) {
  const BlobCache cache(folder_);
  ASSERT_TRUE(cache.Store("key", Writing("content")));
  const fs::path file = Files().at(0);
  ASSERT_TRUE(cache.Store("other", Writing("content")));
  const fs::path other = Files().at(0) == file ? Files().at(1) : Files().at(0);

  fs::copy_file(other, file, fs::copy_options::overwrite_existing);
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("it belongs to something else"));
  fs::remove(other);
  Overwrite(0, "doclayout-blob-0");
  EXPECT_THAT(cache.Find("key").error().message, HasSubstr("it is of another format"));
}

TEST_F(BlobCacheTest, AFolderInTheFilesPlaceIsNotUsed) {
  const BlobCache cache(folder_);
  ASSERT_TRUE(cache.Store("key", Writing("content")));
  const fs::path file = Files().at(0);
  fs::remove(file);
  fs::create_directories(file / "not empty");

  EXPECT_EQ(cache.Find("key").error().code, ErrorCode::kInternal);
  EXPECT_EQ(cache.Store("key", Writing("content")).error().code, ErrorCode::kInternal);
}

TEST_F(BlobCacheTest, AWriterThatThrowsLeavesNothingBehind) {
  const BlobCache cache(folder_);

  const auto stored = cache.Store("key", [](std::ostream&) { throw std::runtime_error("not exportable"); });

  EXPECT_THAT(stored.error().message, HasSubstr("not exportable"));
  EXPECT_TRUE(Files().empty());
}

TEST_F(BlobCacheTest, AFullDiskLeavesNothingBehind) {
  const BlobCache cache(folder_);

  const auto stored = cache.Store("key", [](std::ostream& stream) { stream.setstate(std::ios::badbit); });

  EXPECT_EQ(stored.error().code, ErrorCode::kInternal);
  EXPECT_TRUE(Files().empty());
}

TEST_F(BlobCacheTest, AFolderThatCannotBeMadeIsAnError) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "file") << "in the way";

  EXPECT_THAT(BlobCache(folder_ / "file" / "folder").Store("key", Writing("content")).error().message,
              HasSubstr("Not a directory"));
  EXPECT_EQ(BlobCache("/proc/nowhere").Store("key", Writing("content")).error().code, ErrorCode::kInternal);
  EXPECT_EQ(BlobCache("/proc/nowhere").Find("key").error().code, ErrorCode::kNotFound);
}

TEST_F(BlobCacheTest, KeepsWhatWasUsedLastAndStrangersFiles) {
  const BlobCache cache(folder_, 2);
  ASSERT_TRUE(cache.Store("first", Writing("1")));
  ASSERT_TRUE(cache.Store("second", Writing("2")));
  std::ofstream(folder_ / "notes.txt") << "not ours";
  for (const fs::path& file : Files()) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  ASSERT_TRUE(cache.Find("first"));

  ASSERT_TRUE(cache.Store("third", Writing("3")));

  EXPECT_TRUE(cache.Find("first"));
  EXPECT_EQ(cache.Find("second").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(cache.Find("third"));
  EXPECT_TRUE(fs::exists(folder_ / "notes.txt"));
}

TEST_F(BlobCacheTest, RemovesWhatBrokenOffProcessesLeft) {
  const BlobCache cache(folder_);
  fs::create_directories(folder_);
  const fs::path old = folder_ / "a.compiled.1.unfinished";
  const fs::path running = folder_ / "b.compiled.2.unfinished";
  std::ofstream(old) << "half";
  std::ofstream(running) << "half";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));

  ASSERT_TRUE(cache.Store("key", Writing("content")));

  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(running));
}

}  // namespace
}  // namespace doclayout::runtime
