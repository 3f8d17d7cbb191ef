#include "http/analyze/recent_layouts.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace doclayout::http {
namespace {

AnswerKey Key(std::uint8_t number) {
  AnswerKey key{};
  key.back() = number;
  return key;
}

SharedLayouts Layouts(int width = 0) {
  return std::make_shared<const std::vector<PageLayout>>(1, PageLayout{.width = width});
}

/// All of the same size; that of one is what an empty one with only it has.
std::size_t BytesOfOne() {
  RecentLayouts recent(1 << 20);
  recent.Insert(Key(0), Layouts(), BytesOf(*Layouts()));
  return recent.bytes();
}

std::vector<SharedLayouts> Insert(RecentLayouts& recent, std::uint8_t number) {
  SharedLayouts layouts = Layouts(number);
  const std::size_t bytes = BytesOf(*layouts);
  return recent.Insert(Key(number), std::move(layouts), bytes);
}

TEST(RecentLayouts, FindsWhatWasInserted) {
  RecentLayouts recent(1 << 20);
  Insert(recent, 1);

  EXPECT_EQ(recent.Find(Key(1))->front().width, 1);
  EXPECT_EQ(recent.Find(Key(2)), nullptr);
}

TEST(RecentLayouts, GivesUpWhatWasInsertedFirst) {
  RecentLayouts recent(2 * BytesOfOne());
  Insert(recent, 1);
  Insert(recent, 2);

  const auto gone = Insert(recent, 3);

  ASSERT_EQ(gone.size(), 1);
  EXPECT_EQ(gone.front()->front().width, 1);
  EXPECT_EQ(recent.Find(Key(1)), nullptr);
  EXPECT_TRUE(recent.Find(Key(2)));
  EXPECT_TRUE(recent.Find(Key(3)));
}

TEST(RecentLayouts, KeepsWhatWasAskedForLast) {
  RecentLayouts recent(2 * BytesOfOne());
  Insert(recent, 1);
  Insert(recent, 2);
  recent.Find(Key(1));

  Insert(recent, 3);

  EXPECT_TRUE(recent.Find(Key(1)));
  EXPECT_EQ(recent.Find(Key(2)), nullptr);
}

TEST(RecentLayouts, NeverTakesMoreThanItMay) {
  const std::size_t most = 10 * BytesOfOne() + 7;
  RecentLayouts recent(most);

  for (std::uint8_t number = 0; number < 100; ++number) {
    Insert(recent, number);
    EXPECT_LE(recent.bytes(), most);
  }

  EXPECT_EQ(recent.size(), 10);
  EXPECT_EQ(recent.bytes(), 10 * BytesOfOne());
}

TEST(RecentLayouts, GivesNothingUpForWhatIsTooLarge) {
  RecentLayouts recent(BytesOfOne());
  Insert(recent, 1);

  const auto gone = recent.Insert(Key(2), Layouts(), BytesOf(*Layouts()) + 1);

  EXPECT_TRUE(gone.empty());
  EXPECT_EQ(recent.Find(Key(2)), nullptr);
  EXPECT_TRUE(recent.Find(Key(1)));
}

TEST(RecentLayouts, MakesRoomForALargeOneFromSeveral) {
  RecentLayouts recent(3 * BytesOfOne());
  for (const std::uint8_t number : {1, 2, 3}) Insert(recent, number);

  const auto gone = recent.Insert(Key(4), Layouts(), BytesOf(*Layouts()) + BytesOfOne());

  EXPECT_EQ(gone.size(), 2);
  EXPECT_TRUE(recent.Find(Key(3)));
  EXPECT_TRUE(recent.Find(Key(4)));
}

TEST(RecentLayouts, KeepsTheFirstOfOneKey) {
  RecentLayouts recent(1 << 20);
  Insert(recent, 1);

  recent.Insert(Key(1), Layouts(7), BytesOf(*Layouts()));

  EXPECT_EQ(recent.size(), 1);
  EXPECT_EQ(recent.Find(Key(1))->front().width, 1);
}

TEST(BytesOfLayouts, CountAllThatTheyPointTo) {
  std::vector<PageLayout> layouts(1);
  const std::size_t empty = BytesOf(layouts);
  layouts[0].regions.reserve(10);
  const std::size_t with_room = BytesOf(layouts);
  layouts[0].regions.resize(10);
  layouts[0].regions[0].label = std::string(1000, 'x');
  const std::size_t with_label = BytesOf(layouts);
  layouts[0].regions[9].polygon.resize(1000);

  EXPECT_GE(with_room, empty + 10 * sizeof(Region));
  EXPECT_GE(with_label, with_room + 1000);
  EXPECT_LT(with_label, with_room + 1100) << "short labels lie inside of their regions";
  EXPECT_GE(BytesOf(layouts), with_label + 1000 * sizeof(Point));
}

}  // namespace
}  // namespace doclayout::http
