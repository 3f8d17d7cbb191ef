#include "output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace doclayout {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// An empty folder for each test.
class OutputFile : public testing::Test {
 protected:
  OutputFile() : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Path(const std::string& name) const { return folder_ / name; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  void Put(const std::string& name, const std::string& text) const { std::ofstream(Path(name)) << text; }

  std::string Get(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path folder_;
};

TEST_F(OutputFile, AppearsOnlyWhenPublished) {
  auto file = PendingFile::Write(Path("page.png"), "pixels");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(fs::exists(Path("page.png")));

  ASSERT_TRUE(file->Publish());

  EXPECT_THAT(Names(), ElementsAre("page.png"));
  EXPECT_EQ(Get("page.png"), "pixels");
}

TEST_F(OutputFile, LeavesNothingUnlessPublished) {
  {
    const auto file = PendingFile::Write(Path("page.png"), "pixels");
  }

  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(OutputFile, ReplacesAFileAndKeepsItsMode) {
  Put("page.png", "a longer text than the new one");
  constexpr fs::perms kMode = fs::perms::owner_all | fs::perms::group_read;
  fs::permissions(Path("page.png"), kMode);

  ASSERT_TRUE(PendingFile::Write(Path("page.png"), "new")->Publish());

  EXPECT_EQ(Get("page.png"), "new");
  EXPECT_EQ(fs::status(Path("page.png")).permissions(), kMode);
}

TEST_F(OutputFile, ALinkStaysALink) {
  Put("real.json", "old");
  fs::create_symlink("real.json", Path("link.json"));

  ASSERT_TRUE(PendingFile::Write(Path("link.json"), "new")->Publish());

  EXPECT_TRUE(fs::is_symlink(Path("link.json")));
  EXPECT_EQ(Get("real.json"), "new");
}

TEST_F(OutputFile, ADeviceIsWrittenInPlaceAndItsErrorReported) {
  ASSERT_TRUE(PendingFile::Write("/dev/null", "gone")->Publish());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));

  const auto full = PendingFile::Write("/dev/full", "too much");

  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message, HasSubstr("'/dev/full' cannot be written: No space left on device"));
}

TEST_F(OutputFile, ASetIsPublishedWholeOrNotAtAll) {
  std::vector<PendingFile> files;
  for (const char* name : {"a-1.png", "a-2.png", "a-3.png"}) files.push_back(*PendingFile::Write(Path(name), "pixels"));
  fs::create_directory(Path("a-3.png"));  // no file can take a folder's place

  const auto published = PublishAll(files);
  files.clear();

  ASSERT_FALSE(published);
  EXPECT_THAT(published.error().message, HasSubstr("a-3.png"));
  EXPECT_THAT(Names(), ElementsAre("a-3.png"));
}

TEST_F(OutputFile, AnInputIsNoTargetUnderAnyName) {
  Put("in.png", "page");
  fs::create_symlink("in.png", Path("link.png"));
  fs::create_hard_link(Path("in.png"), Path("hard.png"));
  const InputFiles inputs({Path("in.png").string(), Path("missing.png").string()});

  for (const char* name : {"in.png", "link.png", "hard.png", "./in.png"}) {
    const auto good = inputs.CheckTarget(Path(name));
    ASSERT_FALSE(good) << name;
    EXPECT_THAT(good.error().message, HasSubstr("overwrite the input"));
  }
  EXPECT_TRUE(inputs.CheckTarget(Path("other.png")));
}

TEST_F(OutputFile, ATargetThatCannotBeAFileIsRefused) {
  const InputFiles inputs({});

  EXPECT_THAT(inputs.CheckTarget(folder_).error().message, HasSubstr("Is a directory"));
  EXPECT_THAT(inputs.CheckTarget(Path(std::string(300, 'x'))).error().message, HasSubstr("File name too long"));
}

TEST_F(OutputFile, TellsBeforehandWhetherItCouldBeWritten) {
  EXPECT_TRUE(CheckWritable(Path("new.json")));
  EXPECT_TRUE(CheckWritable(folder_));
  EXPECT_TRUE(CheckWritable("/dev/null"));
  EXPECT_THAT(Names(), IsEmpty());

  EXPECT_THAT(CheckWritable(Path("nowhere") / "x.json").error().message, HasSubstr("No such file or directory"));
  EXPECT_FALSE(CheckWritable("/proc/self"));  // a folder in which nobody can make a file
  EXPECT_FALSE(CheckWritable("/proc/self/x.json"));
}

}  // namespace
}  // namespace doclayout
