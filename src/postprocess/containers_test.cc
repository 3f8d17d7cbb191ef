#include "postprocess/containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;

TEST(Containers, AreBoxesThatOthersFill) {
  const std::array<Box, 3> boxes = {{{0, 0, 100, 100}, {2, 2, 98, 48}, {2, 52, 98, 98}}};

  EXPECT_THAT(Containers(boxes).Others(), ElementsAre(1, 2));
}

TEST(Containers, MayHaveMembersThatStickOutALittle) {
  const std::array<Box, 3> boxes = {{{0, 0, 100, 100}, {2, -8, 98, 48}, {2, 52, 112, 98}}};

  EXPECT_THAT(Containers(boxes).Others(), ElementsAre(1, 2));
}

TEST(Containers, AreNotBoxesWithOneMember) {
  const std::array<Box, 2> boxes = {{{0, 0, 100, 100}, {2, 2, 98, 98}}};

  EXPECT_THAT(Containers(boxes).Others(), ElementsAre(0, 1));
}

TEST(Containers, AreNotBoxesThatAreMostlyTheirOwn) {
  const std::array<Box, 3> boxes = {{{0, 0, 100, 100}, {10, 10, 40, 20}, {10, 60, 40, 70}}};

  EXPECT_THAT(Containers(boxes).Others(), ElementsAre(0, 1, 2));
}

TEST(Containers, AreNotFilledByWhatTheirMembersHold) {
  // A figure that holds a list of three entries: the list and its entries are one tenth of it, not two.
  const std::array<Box, 5> boxes = {
      {{0, 0, 100, 100}, {5, 5, 55, 65}, {5, 5, 55, 24}, {5, 25, 55, 44}, {5, 45, 55, 64}}};

  EXPECT_THAT(Containers(boxes).Others(), ElementsAre(0, 2, 3, 4));
}

TEST(Containers, ComeBeforeTheirFirstMemberAndOuterOnesBeforeInnerOnes) {
  const std::array<Box, 6> boxes = {{{10, 50, 90, 70},      // a member of both
                                     {5, 45, 95, 95},       // inner
                                     {0, 0, 100, 100},      // outer
                                     {10, 75, 90, 95},      // a member of both
                                     {10, 5, 90, 40},       // a member of the outer one
                                     {0, 110, 100, 120}}};  // a member of none

  EXPECT_THAT(Containers(boxes).Insert(std::array<std::size_t, 4>{5, 0, 3, 4}), ElementsAre(5, 2, 1, 0, 3, 4));
}

TEST(Containers, OfOneSizeKeepTheirOrder) {
  const std::array<Box, 4> boxes = {{{0, 0, 100, 100}, {2, 2, 98, 48}, {2, 52, 98, 98}, {0, 0, 100, 100}}};

  EXPECT_THAT(Containers(boxes).Insert(std::array<std::size_t, 2>{1, 2}), ElementsAre(0, 3, 1, 2));
}

}  // namespace
}  // namespace doclayout::postprocess
