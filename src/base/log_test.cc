#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/testing/test_pipe.h"

namespace doclayout {
namespace {

using nlohmann::json;

TEST(LogLevel, RefusesAnUnknownNameAndSaysWhatIsAllowed) {
  EXPECT_EQ(ParseLogLevel("warning").value(), LogLevel::kWarning);

  EXPECT_THAT(ParseLogLevel("loud").error().message, testing::HasSubstr("debug, info, warning, error, off"));
}

TEST(Logger, WritesOneJsonObjectALine) {
  TestPipe pipe;
  Logger logger(LogLevel::kInfo, pipe.writing_end());

  logger.Write(LogLevel::kInfo, "request", {{"path", "/a\n\""}, {"status", 200LL}, {"ms", 1.5}, {"ok", true}});

  const json entry = json::parse(pipe.ReadLine());
  // As deploy/helm's fluent-bit reads it.
  EXPECT_THAT(entry["time"],
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z"));
  EXPECT_EQ(entry["level"], "info");
  EXPECT_EQ(entry["event"], "request");
  EXPECT_EQ(entry["path"], "/a\n\"");
  EXPECT_EQ(entry["status"], 200);
  EXPECT_EQ(entry["ms"], 1.5);
  EXPECT_EQ(entry["ok"], true);
}

TEST(Logger, ReplacesBytesThatAreNotUtf8) {
  TestPipe pipe;
  Logger logger(LogLevel::kInfo, pipe.writing_end());

  logger.Write(LogLevel::kInfo, "request", {{"path", "/a\xff"}});

  EXPECT_EQ(json::parse(pipe.ReadLine())["path"], "/a\xef\xbf\xbd");
}

TEST(Logger, KeepsTheOrderOfFields) {
  TestPipe pipe;
  Logger logger(LogLevel::kInfo, pipe.writing_end());
  const std::vector<LogField> fields = {{"z", 1LL}, {"a", 2LL}};

  logger.Write(LogLevel::kInfo, "event", fields);

  EXPECT_THAT(pipe.ReadLine(), testing::EndsWith(R"("event":"event","z":1,"a":2})"));
}

TEST(Logger, LeavesOutWhatIsBelowItsLevel) {
  TestPipe pipe;
  Logger logger(LogLevel::kWarning, pipe.writing_end());

  logger.Write(LogLevel::kInfo, "below");
  logger.Write(LogLevel::kError, "above");

  EXPECT_EQ(json::parse(pipe.ReadLine())["event"], "above");
}

TEST(Logger, SaysHowManyLinesWereDropped) {
  TestPipe pipe;
  pipe.Fill();
  Logger logger(LogLevel::kInfo, pipe.writing_end(), {.capacity = 4096});
  constexpr int kLines = 1000;

  for (int i = 0; i < kLines; ++i) logger.Write(LogLevel::kInfo, "request", {{"number", static_cast<long long>(i)}});
  pipe.DiscardFilling();

  std::uint64_t written = 0;
  std::uint64_t said = 0;
  while (written + said < kLines) {
    const json entry = json::parse(pipe.ReadLine());
    if (entry["event"] == "log_lines_dropped") {
      EXPECT_EQ(entry["level"], "warning");
      said += entry["count"].get<std::uint64_t>();
    } else {
      ++written;
    }
  }
  EXPECT_GT(said, 0);
  EXPECT_EQ(said, logger.dropped_lines());
}

TEST(Logger, WritesNothingWhenItIsOff) {
  Logger logger(LogLevel::kOff, -1);

  logger.Write(LogLevel::kError, "event");

  EXPECT_FALSE(logger.Enabled(LogLevel::kError));
  EXPECT_EQ(logger.dropped_lines(), 0);
}

}  // namespace
}  // namespace doclayout
