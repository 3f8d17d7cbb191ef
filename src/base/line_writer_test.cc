#include "base/line_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/testing/full_disk.h"
#include "base/testing/test_pipe.h"

namespace doclayout {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience{10};

LineWriter::Options SmallQueue(std::size_t capacity = 4096) {
  return {.capacity = capacity, .flush_timeout = kPatience, .dropped_notice = [](std::uint64_t count) {
            return fmt::format("dropped {}\n", count);
          }};
}

/// True as soon as so many lines were dropped, false after ten seconds.
bool WaitForDropped(const LineWriter& writer, std::uint64_t count) {
  const auto until = steady_clock::now() + kPatience;
  while (writer.dropped() != count && steady_clock::now() < until) std::this_thread::yield();
  return writer.dropped() == count;
}

std::string Contents(const std::string& path) {
  std::stringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

class LineWriterFile : public testing::Test {
 protected:
  void TearDown() override { unlink(path_.c_str()); }

  const std::string path_ = testing::TempDir() + fmt::format("line_writer_{}", getpid());
};

TEST(LineWriter, KeepsEachCallersOrderAndLinesWhole) {
  constexpr std::size_t kCallers = 4;
  constexpr std::size_t kLines = 200;
  TestPipe pipe;
  LineWriter writer(pipe.writing_end(), SmallQueue(std::size_t{64} << 20));

  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&writer, caller] {
      // From a few bytes to more than a pipe takes at once.
      for (std::size_t i = 0; i < kLines; ++i) {
        writer.Write(fmt::format("{} {} {}\n", caller, i, std::string(i * 53, 'x')));
      }
    });
  }

  std::vector<std::size_t> next(kCallers);
  for (std::size_t i = 0; i < kCallers * kLines; ++i) {
    std::istringstream line(pipe.ReadLine());
    std::size_t caller = kCallers;
    std::size_t number = kLines;
    std::string text;
    line >> caller >> number >> text;
    ASSERT_LT(caller, kCallers);
    ASSERT_EQ(number, next[caller]++);
    ASSERT_EQ(text.size(), number * 53);
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(writer.dropped(), 0);
}

TEST(LineWriter, DropsWhatAFullPipeLeavesNoRoomForAndSaysSoOnceItIsRead) {
  for (const int flags : {0, O_NONBLOCK}) {
    constexpr std::uint64_t kLines = 10'000;
    TestPipe pipe(flags);
    pipe.Fill();
    LineWriter writer(pipe.writing_end(), SmallQueue());

    for (std::uint64_t i = 0; i < kLines; ++i) writer.Write(fmt::format("line {}\n", i));
    const std::uint64_t dropped = writer.dropped();
    pipe.DiscardFilling();

    std::uint64_t written = 0;
    std::uint64_t said = 0;
    std::int64_t last = -1;
    while (written + said < kLines) {
      std::istringstream line(pipe.ReadLine());
      std::string word;
      std::int64_t number = -1;
      ASSERT_TRUE(line >> word >> number);
      if (word == "dropped") {
        said += static_cast<std::uint64_t>(number);
      } else {
        ASSERT_GT(number, std::exchange(last, number));
        ++written;
      }
    }
    EXPECT_GT(written, 0);
    EXPECT_GT(said, 0);
    EXPECT_EQ(said, dropped);
  }
}

TEST(LineWriter, WritesShortLinesInOnePiece) {
  constexpr std::size_t kLines = 50;
  const std::string line = std::string(999, 'x') + "\n";
  TestPipe pipe(O_DIRECT);
  pipe.Fill();
  LineWriter writer(pipe.writing_end(), SmallQueue(kLines * line.size()));

  for (std::size_t i = 0; i < kLines; ++i) writer.Write(line);
  pipe.DiscardFilling();

  for (std::size_t read = 0; read < kLines * line.size();) {
    const std::string piece = pipe.ReadPiece();
    ASSERT_THAT(piece, testing::EndsWith("\n"));
    ASSERT_LE(piece.size(), PIPE_BUF);
    read += piece.size();
  }
}

TEST(LineWriter, DropsALineThatIsLongerThanTheQueue) {
  TestPipe pipe;
  LineWriter writer(pipe.writing_end(), SmallQueue(10));

  writer.Write("more than ten bytes\n");

  EXPECT_EQ(pipe.ReadLine(), "dropped 1");
}

TEST(LineWriter, WritesWhatWaitsBeforeItEnds) {
  TestPipe pipe;

  std::optional<LineWriter> writer(std::in_place, pipe.writing_end(), SmallQueue());
  writer->Write("one\n");
  writer->Write("two\n");
  writer.reset();

  EXPECT_EQ(pipe.ReadLine(), "one");
  EXPECT_EQ(pipe.ReadLine(), "two");
}

TEST(LineWriter, EndsThoughNobodyReadsThePipe) {
  TestPipe pipe;
  pipe.Fill();
  LineWriter::Options options = SmallQueue();
  options.flush_timeout = milliseconds(1);
  std::optional<LineWriter> writer(std::in_place, pipe.writing_end(), options);
  writer->Write("line\n");
  const auto start = steady_clock::now();

  writer.reset();

  EXPECT_LT(steady_clock::now() - start, kPatience);
}

TEST(LineWriter, EndsThoughItHangsInAWriteToAStoppedTerminal) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  // Never closed: the write that hangs is still at it.
  const int descriptor = open(ptsname(terminal), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  LineWriter::Options options = SmallQueue(std::size_t{1} << 20);
  options.flush_timeout = milliseconds(1);
  std::optional<LineWriter> writer(std::in_place, descriptor, options);
  for (int i = 0; i < 1000; ++i) writer->Write(std::string(999, 'x') + "\n");
  const auto start = steady_clock::now();

  writer.reset();

  EXPECT_LT(steady_clock::now() - start, kPatience);
  close(terminal);
}

TEST_F(LineWriterFile, GoesOnWhenAReaderComesBack) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int descriptor = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  close(reader);
  std::optional<LineWriter> writer(std::in_place, descriptor, SmallQueue());

  writer->Write("lost\n");
  EXPECT_TRUE(WaitForDropped(*writer, 1));
  reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  writer->Write("kept\n");
  writer.reset();

  std::string text(100, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(reader, text.data(), text.size()))));
  EXPECT_EQ(text, "kept\ndropped 1\n");
  close(reader);
  close(descriptor);
}

TEST(LineWriter, OutlivesItsReader) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);  // which would end the process
  TestPipe pipe;
  pipe.CloseReadingEnd();
  LineWriter writer(pipe.writing_end(), SmallQueue());

  for (std::uint64_t i = 1; i <= 3; ++i) {
    writer.Write("line\n");

    EXPECT_TRUE(WaitForDropped(writer, i));
  }
  std::signal(SIGPIPE, before);
}

TEST(LineWriter, CountsWhatAFullDiskRefuses) {
  const int descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  {
    LineWriter writer(descriptor, SmallQueue());

    writer.Write("line\n");

    EXPECT_TRUE(WaitForDropped(writer, 1));
  }
  close(descriptor);
}

TEST_F(LineWriterFile, BeginsANewLineAfterOneThatWasCutOff) {
  const int descriptor = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(descriptor, 0);
  std::optional<LineWriter> writer(std::in_place, descriptor, SmallQueue());
  {
    const FullDisk disk(10);
    writer->Write("a line of twenty-one bytes\n");
    EXPECT_TRUE(WaitForDropped(*writer, 1));
  }

  writer->Write("next\n");
  writer.reset();

  EXPECT_EQ(Contents(path_), "a line of \nnext\ndropped 1\n");
  close(descriptor);
}

TEST_F(LineWriterFile, DoesNotCountALineThatLacksItsEndAlone) {
  const int descriptor = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(descriptor, 0);
  std::optional<LineWriter> writer(std::in_place, descriptor, SmallQueue());
  {
    const FullDisk disk(10);
    writer->Write("ten bytes.\nlost\n");
    EXPECT_TRUE(WaitForDropped(*writer, 1));
  }

  writer->Write("next\n");
  writer.reset();

  EXPECT_EQ(Contents(path_), "ten bytes.\nnext\ndropped 1\n");
  close(descriptor);
}

}  // namespace
}  // namespace doclayout
