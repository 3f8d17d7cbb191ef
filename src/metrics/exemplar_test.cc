#include "metrics/exemplar.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace doclayout::metrics {
namespace {

using WallTime = std::chrono::system_clock::time_point;

/// All of its parts tell `number`.
ExemplarCell::Record RecordOf(std::uint8_t number) {
  ExemplarCell::Record record;
  record.exemplar.trace_id.fill(number);
  record.value = number;
  record.time = WallTime(WallTime::duration(number));
  return record;
}

bool IsWhole(const ExemplarCell::Record& record) {
  const ExemplarCell::Record expected = RecordOf(record.exemplar.trace_id[0]);
  return record.exemplar == expected.exemplar && record.value == expected.value && record.time == expected.time;
}

TEST(ExemplarCell, HasNoneBeforeTheFirst) {
  const ExemplarCell cell;

  EXPECT_FALSE(cell.Load());
}

TEST(ExemplarCell, HasTheLastThatWasStored) {
  ExemplarCell cell;

  cell.Store(RecordOf(1));
  cell.Store(RecordOf(2));

  const auto record = cell.Load();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->value, 2);
  EXPECT_TRUE(IsWhole(*record));
}

TEST(ExemplarCell, IsNeverReadTorn) {
  ExemplarCell cell;
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (std::uint8_t i = 0; i < 2; ++i) {
    writers.emplace_back([&, i] {
      for (std::uint8_t n = i; !stop; n = static_cast<std::uint8_t>(n + 2)) cell.Store(RecordOf(n));
    });
  }

  int torn = 0;
  for (int seen = 0; seen < 2'000'000;) {
    const auto record = cell.Load();
    if (!record) continue;
    ++seen;
    if (!IsWhole(*record)) ++torn;
  }
  stop = true;
  for (auto& writer : writers) writer.join();

  EXPECT_EQ(torn, 0);
  EXPECT_TRUE(IsWhole(cell.Load().value()));
}

}  // namespace
}  // namespace doclayout::metrics
