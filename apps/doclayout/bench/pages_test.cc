#include "bench/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace doclayout::bench {
namespace {

using testing::HasSubstr;

class PagesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "/pages-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::filesystem::path folder_;
};

std::string Text(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST_F(PagesTest, TakesFilesAsTheyAreAndTheImagesOfFolders) {
  Write("b.JPG", "bb");
  Write("a.png", "a");
  Write("notes.txt", "no");
  std::filesystem::create_directory(folder_ / "c.png");

  const auto pages = ReadPages({Write("notes.txt", "text"), folder_}, false);

  ASSERT_TRUE(pages);
  ASSERT_EQ(pages->bodies.size(), 3U);
  EXPECT_EQ(Text(pages->bodies[0]), "text");
  EXPECT_EQ(Text(pages->bodies[1]), "a");
  EXPECT_EQ(Text(pages->bodies[2]), "bb");
  EXPECT_EQ(pages->bytes, 7U);
  EXPECT_EQ(pages->content_type, "application/octet-stream");
}

TEST_F(PagesTest, MakesFormsWithOneFieldFile) {
  const auto pages = ReadPages({Write("a.png", "bytes")}, true);

  ASSERT_TRUE(pages);
  const std::string boundary = pages->content_type.substr(std::string("multipart/form-data; boundary=").size());
  const std::string form = Text(pages->bodies[0]);
  EXPECT_TRUE(
      form.starts_with("--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"page\"\r\n"));
  EXPECT_TRUE(form.ends_with("\r\n\r\nbytes\r\n--" + boundary + "--\r\n"));
}

TEST_F(PagesTest, NamesWhatCannotBeSent) {
  EXPECT_THAT(ReadPages({"/nowhere.png"}, false).error().message, HasSubstr("/nowhere.png: it cannot be opened"));
  EXPECT_THAT(ReadPages({Write("empty.png", "")}, false).error().message, HasSubstr("it is empty"));
  std::filesystem::create_directory(folder_ / "none");
  EXPECT_THAT(ReadPages({folder_ / "none"}, false).error().message, HasSubstr("there is no image in this folder"));
}

}  // namespace
}  // namespace doclayout::bench
