#include "runtime/precision.h"

#include <gtest/gtest.h>

namespace doclayout::runtime {
namespace {

TEST(Precision, HasNames) {
  EXPECT_EQ(ParsePrecision("bf16").value(), Precision::kBfloat16);
  EXPECT_EQ(PrecisionName(Precision::kFloat32), "f32");
}

TEST(Precision, RefusesAnUnknownName) {
  EXPECT_EQ(ParsePrecision("f64").error().message, "precision 'f64' is not one of f32, bf16, auto");
}

}  // namespace
}  // namespace doclayout::runtime
