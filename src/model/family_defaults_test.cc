#include "model/family_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(KnownLabels, TellsTheModelsOfAFamilyByTheirClasses) {
  EXPECT_EQ(KnownLabels(Family::kPpDocLayout, 20).back(), "reference_content");
  EXPECT_EQ(KnownLabels(Family::kPpDocLayout, 23).back(), "aside_text");
  EXPECT_EQ(KnownLabels(Family::kPpDocLayoutV2, 25), KnownLabels(Family::kPpDocLayoutV3, 25));
  EXPECT_EQ(KnownLabels(Family::kPpDocLayoutV3, 25)[22], "text");
  EXPECT_EQ(KnownLabels(Family::kPicoDet, 10).front(), "text");
}

TEST(KnownLabels, GivesNoneForAnotherNumberOfClasses) {
  EXPECT_THAT(KnownLabels(Family::kPpDocLayoutV3, 24), IsEmpty());
  EXPECT_THAT(KnownLabels(Family::kPicoDet, 0), IsEmpty());
}

TEST(FamilyParameters, AreThoseOfTheReferencesPipelines) {
  const auto v3 = FamilyParameters(Family::kPpDocLayoutV3, KnownLabels(Family::kPpDocLayoutV3, 25));
  const auto plus = FamilyParameters(Family::kPpDocLayout, KnownLabels(Family::kPpDocLayout, 20));

  EXPECT_EQ(v3.threshold, 0.3F);
  EXPECT_EQ(v3.nms, true);
  EXPECT_EQ(v3.overlap_filter, true);
  EXPECT_EQ(v3.merge, MergeMode::kUnion);
  EXPECT_EQ(v3.class_merge.size(), 5U);
  EXPECT_EQ(v3.unordered_labels->size(), 11U);
  EXPECT_THAT(plus.class_threshold, UnorderedElementsAre(Pair("paragraph_title", 0.3F), Pair("formula", 0.3F),
                                                         Pair("text", 0.4F), Pair("seal", 0.45F)));
}

TEST(FamilyParameters, SayNothingOfLabelsThatAModelLacks) {
  const auto parameters = FamilyParameters(Family::kPpDocLayoutV3, {"stamp", "chart"});

  EXPECT_THAT(parameters.class_merge, ElementsAre(Pair("chart", MergeMode::kLarge)));
  EXPECT_THAT(*parameters.unordered_labels, ElementsAre("chart"));
}

}  // namespace
}  // namespace doclayout::model
