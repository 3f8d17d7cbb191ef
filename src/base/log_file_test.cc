#include "base/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/testing/full_disk.h"
#include "base/testing/test_pipe.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{10};

std::string Contents(const fs::path& path) {
  std::stringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

void Put(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// What another thread brings about; false after ten seconds.
bool WaitFor(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return condition();
}

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::shared_ptr<LogFile> Open(std::size_t most_bytes = 20, int files = 3) const {
    return LogFile::Open({.folder = folder_, .most_bytes = most_bytes, .files = files}).value();
  }

  std::string Mistake(const std::string& folder) const {
    const auto file = LogFile::Open({.folder = folder});
    if (file) return "";
    EXPECT_EQ(file.error().code, ErrorCode::kBadParameter);
    return file.error().message;
  }

  /// False where the file refuses it.
  static bool Write(LogFile& file, const std::string& line) {
    const int descriptor = file.DescriptorFor(line.size());
    return descriptor >= 0 && write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

  std::string Text(const std::string& suffix = "") const { return Contents(log_.string() + suffix); }
  bool IsThere(const std::string& suffix) const { return fs::exists(log_.string() + suffix); }

  const fs::path folder_ = testing::TempDir() + fmt::format("log_file_{}", getpid());
  const fs::path log_ = folder_ / LogFile::kName;
};

TEST_F(LogFileTest, RenamesAFullFileAndKeepsSoManyAsItIsTold) {
  const auto file = Open();

  for (const char* line : {"one, ten b\n", "two, ten b\n", "three\n", "four, ten \n", "five, ten \n"}) {
    ASSERT_TRUE(Write(*file, line));
  }

  EXPECT_EQ(Text(), "five, ten \n");
  EXPECT_EQ(Text(".1"), "four, ten \n");
  EXPECT_EQ(Text(".2"), "two, ten b\nthree\n");
  EXPECT_FALSE(IsThere(".3"));
  EXPECT_EQ(file->rotations(), 3);
}

TEST_F(LogFileTest, FillsAFileToItsLastByte) {
  const auto file = Open();

  ASSERT_TRUE(Write(*file, "123456789\n"));
  ASSERT_TRUE(Write(*file, "123456789\n"));
  EXPECT_FALSE(IsThere(".1"));
  ASSERT_TRUE(Write(*file, "\n"));

  EXPECT_EQ(fs::file_size(log_.string() + ".1"), 20);
}

TEST_F(LogFileTest, GivesALineThatIsLongerThanAFileOneOfItsOwn) {
  const auto file = Open();
  const std::string line = std::string(30, 'x') + "\n";

  for (const std::string& text : {std::string("a\n"), line, std::string("b\n")}) ASSERT_TRUE(Write(*file, text));

  EXPECT_EQ(Text(".2"), "a\n");
  EXPECT_EQ(Text(".1"), line);
  EXPECT_EQ(Text(), "b\n");
}

TEST_F(LogFileTest, GoesOnWithTheFileOfTheProcessBefore) {
  Put(log_, "before\n");

  ASSERT_TRUE(Write(*Open(), "now\n"));

  EXPECT_EQ(Text(), "before\nnow\n");
}

TEST_F(LogFileTest, BeginsALineWhereAProcessWasKilledInTheMidstOfOne) {
  Put(log_, "bef");

  ASSERT_TRUE(Write(*Open(), "now\n"));

  EXPECT_EQ(Text(), "bef\nnow\n");
}

TEST_F(LogFileTest, WritesToTheRenamedFileNoMore) {
  const auto file = Open();
  ASSERT_TRUE(Write(*file, "one\n"));

  fs::rename(log_, folder_ / "taken");
  ASSERT_TRUE(Write(*file, "two\n"));

  EXPECT_EQ(Contents(folder_ / "taken"), "one\n");
  EXPECT_EQ(Text(), "two\n");
}

TEST_F(LogFileTest, MakesAFileAnewThatSomebodyHasDeleted) {
  const auto file = Open();
  ASSERT_TRUE(Write(*file, "one\n"));

  fs::remove_all(folder_);
  EXPECT_FALSE(Write(*file, "lost\n"));
  fs::create_directory(folder_);
  ASSERT_TRUE(Write(*file, "two\n"));

  EXPECT_EQ(Text(), "two\n");
}

TEST_F(LogFileTest, RefusesLinesWhileItCannotRotateAndDeletesNothingByTryingAgain) {
  Put(log_.string() + ".1", "older\n");
  fs::create_directory(log_.string() + ".2");
  const auto file = Open();
  ASSERT_TRUE(Write(*file, "one, twenty bytes..\n"));

  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Write(*file, "lost\n"));
  fs::remove(log_.string() + ".2");
  ASSERT_TRUE(Write(*file, "two\n"));

  EXPECT_EQ(Text(), "two\n");
  EXPECT_EQ(Text(".1"), "one, twenty bytes..\n");
  EXPECT_EQ(Text(".2"), "older\n");
}

TEST_F(LogFileTest, IsNotForEverybodyToRead) {
  const mode_t before = umask(0);
  const auto file = Open();
  umask(before);

  constexpr fs::perms kOwnerAndGroup = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  EXPECT_EQ(fs::status(log_).permissions(), kOwnerAndGroup);
}

TEST_F(LogFileTest, SaysWhatIsWrongWithAFolder) {
  Put(folder_ / "file", "");
  fs::create_directories(folder_ / "taken" / LogFile::kName);
  ASSERT_EQ(mkdir((folder_ / "fifo").c_str(), 0700), 0);
  ASSERT_EQ(mkfifo((folder_ / "fifo" / LogFile::kName).c_str(), 0600), 0);

  EXPECT_THAT(Mistake(folder_ / "none"), HasSubstr("not a folder that exists, in which this user may make"));
  EXPECT_THAT(Mistake(folder_ / "none"), HasSubstr("No such file or directory"));
  EXPECT_THAT(Mistake(folder_ / "file"), HasSubstr("it is no folder"));
  EXPECT_THAT(Mistake(folder_ / "taken"), HasSubstr("doclayout.log' cannot be written: Is a directory"));
  EXPECT_THAT(Mistake(folder_ / "fifo"), HasSubstr("it is there and no regular file"));
}

TEST_F(LogFileTest, RefusesAFolderThatItMayNotWriteTo) {
  constexpr uid_t kNobody = 65534;
  const uid_t before = geteuid();
  const bool root = before == 0;  // who may write to every folder
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  ASSERT_EQ(seteuid(root ? kNobody : before), 0);

  const std::string mistake = Mistake(folder_);

  ASSERT_EQ(seteuid(before), 0);
  fs::permissions(folder_, fs::perms::owner_all);
  EXPECT_THAT(mistake, HasSubstr("this user may make and rename files: Permission denied"));
}

// --- with a writer ---

LineWriter::Options Patient() {
  return {.capacity = std::size_t{64} << 20, .flush_timeout = kPatience, .dropped_notice = [](std::uint64_t count) {
            return fmt::format("dropped {}\n", count);
          }};
}

TEST_F(LogFileTest, CutsNoLineHoweverLongAndLosesNoneOfManyCallers) {
  constexpr std::size_t kCallers = 4;
  constexpr std::size_t kLines = 200;
  constexpr std::size_t kMostBytes = 30'000;
  {
    LineWriter writer(Open(kMostBytes, 1000), Patient());
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&writer, caller] {
        // From a few bytes to several of the pieces that are written at once.
        for (std::size_t i = 0; i < kLines; ++i) {
          writer.Write(fmt::format("{} {} {}\n", caller, i, std::string(i * 53, 'x')));
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  std::vector<fs::path> files;
  for (int i = 1; IsThere(fmt::format(".{}", i)); ++i)
    files.insert(files.begin(), log_.string() + fmt::format(".{}", i));
  EXPECT_GT(files.size(), 100);
  files.push_back(log_);
  std::vector<std::size_t> next(kCallers);
  for (const fs::path& path : files) {
    EXPECT_LE(fs::file_size(path), kMostBytes);
    const std::string text = Contents(path);
    ASSERT_THAT(text, testing::EndsWith("\n"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::size_t caller = kCallers;
      std::size_t number = kLines;
      std::string x;
      words >> caller >> number >> x;
      ASSERT_LT(caller, kCallers);
      ASSERT_EQ(number, next[caller]++);
      ASSERT_EQ(x.size(), number * 53);
    }
  }
  EXPECT_THAT(next, testing::Each(kLines));
}

json Entry(TestPipe& pipe) {
  return json::parse(pipe.ReadLine());
}

TEST_F(LogFileTest, ALoggerWritesTheSameLinesToBoth) {
  TestPipe pipe;
  {
    Logger logger(LogLevel::kInfo, pipe.writing_end(), {.file = Open(1000)});

    logger.Write(LogLevel::kInfo, "event", {{"number", 1LL}});
    logger.Write(LogLevel::kDebug, "below");
  }

  EXPECT_EQ(Text(), pipe.ReadLine() + "\n");
}

TEST_F(LogFileTest, ALoggerWhoseOutputNobodyReadsStillWritesTheFile) {
  TestPipe pipe;
  pipe.Fill();
  {
    Logger logger(LogLevel::kInfo, pipe.writing_end(),
                  {.flush_timeout = std::chrono::milliseconds(100), .file = Open(1000)});

    logger.Write(LogLevel::kInfo, "event");
  }

  EXPECT_EQ(json::parse(Text())["event"], "event");
}

TEST_F(LogFileTest, ALoggerSaysThatTheFileRefusesLinesOnceAndThatItTakesThemAgain) {
  fs::create_directory(log_.string() + ".1");
  TestPipe pipe;
  Logger logger(LogLevel::kInfo, pipe.writing_end(), {.file = Open(100, 2)});
  const std::string text(70, 'x');

  logger.Write(LogLevel::kInfo, "first", {{"text", text}});
  EXPECT_EQ(Entry(pipe)["event"], "first");
  ASSERT_TRUE(WaitFor([this] { return !Text().empty(); }));
  logger.Write(LogLevel::kInfo, "second", {{"text", text}});
  // One of the two writers is the first to say something.
  const std::vector<json> entries = {Entry(pipe), Entry(pipe)};
  const json& failed = entries[0]["event"] == "log_file_failed" ? entries[0] : entries[1];
  EXPECT_EQ(failed["event"], "log_file_failed");
  EXPECT_EQ(failed["level"], "error");
  EXPECT_EQ(failed["reason"], "Is a directory");
  EXPECT_EQ(logger.dropped_file_lines(), 1);
  EXPECT_EQ(logger.dropped_lines(), 0);

  fs::remove(log_.string() + ".1");
  logger.Write(LogLevel::kInfo, "third");
  json recovered = Entry(pipe);
  if (recovered["event"] == "third") recovered = Entry(pipe);
  EXPECT_EQ(recovered["event"], "log_file_recovered");
  EXPECT_EQ(recovered["lost"], 1);
  EXPECT_EQ(logger.file_rotations(), 2);
  EXPECT_EQ(json::parse(Text())["event"], "log_lines_dropped");
}

TEST_F(LogFileTest, ALoggerThatIsOffWritesNoFile) {
  Logger logger(LogLevel::kOff, -1, {.file = Open()});

  logger.Write(LogLevel::kError, "event");

  EXPECT_EQ(Text(), "");
  EXPECT_EQ(logger.dropped_file_lines(), 0);
}

TEST_F(LogFileTest, EndsALineThatAFullDiskCutInTheFileThatItBeganIn) {
  std::optional<LineWriter> writer(std::in_place, Open(40), Patient());
  {
    const FullDisk disk(10);
    writer->Write("a line of twenty-one bytes\n");
    EXPECT_TRUE(WaitFor([&writer] { return writer->dropped() == 1; }));
  }

  writer->Write("no room behind what was left.\n");
  writer.reset();

  EXPECT_EQ(Text(".1"), "a line of \n");
  EXPECT_EQ(Text(), "no room behind what was left.\ndropped 1\n");
}

}  // namespace
}  // namespace doclayout
