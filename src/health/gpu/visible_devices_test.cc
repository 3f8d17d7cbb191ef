#include "health/gpu/visible_devices.h"

#include <gtest/gtest.h>

namespace doclayout::health {
namespace {

NvmlDeviceName Index(unsigned index) {
  return index;
}
NvmlDeviceName Uuid(std::string uuid) {
  return uuid;
}

TEST(VisibleDevice, IsTheSameWithoutAList) {
  EXPECT_EQ(VisibleDevice(std::nullopt, 0), Index(0));
  EXPECT_EQ(VisibleDevice(std::nullopt, 3), Index(3));
}

TEST(VisibleDevice, IsTheListsEntry) {
  EXPECT_EQ(VisibleDevice("2,1", 0), Index(2));
  EXPECT_EQ(VisibleDevice(" 2 , 1 ", 1), Index(1));
  EXPECT_EQ(VisibleDevice("GPU-8932f937,0", 0), Uuid("GPU-8932f937"));
  EXPECT_EQ(VisibleDevice("MIG-GPU-8932f937/3/0", 0), Uuid("MIG-GPU-8932f937/3/0"));
}

TEST(VisibleDevice, EndsTheListAtAnEntryThatIsNone) {
  EXPECT_EQ(VisibleDevice("0,2,-1,1", 1), Index(2));
  EXPECT_FALSE(VisibleDevice("0,2,-1,1", 2));
  EXPECT_FALSE(VisibleDevice("0,1x,2", 1));
}

TEST(VisibleDevice, SaysWhyThereIsNone) {
  const Result<NvmlDeviceName> none = VisibleDevice("", 0);

  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(none.error().message, "CUDA_VISIBLE_DEVICES='' shows 0 GPUs, so there is no GPU 0");
  EXPECT_FALSE(VisibleDevice("-1", 0));
  EXPECT_FALSE(VisibleDevice("0", 1));
  EXPECT_FALSE(VisibleDevice(std::nullopt, -1));
}

}  // namespace
}  // namespace doclayout::health
