#include "runtime/device.h"

#include <gtest/gtest.h>

namespace doclayout::runtime {
namespace {

TEST(Device, HasNames) {
  EXPECT_EQ(ParseDevice("auto").value(), Device{});
  EXPECT_EQ(ParseDevice("cpu").value(), (Device{.kind = Device::Kind::kCpu}));
  EXPECT_EQ(ParseDevice("gpu").value(), (Device{.kind = Device::Kind::kGpu}));
  EXPECT_EQ(ParseDevice("gpu:3").value(), (Device{.kind = Device::Kind::kGpu, .index = 3}));
  EXPECT_EQ(DeviceName({.kind = Device::Kind::kGpu, .index = 3}), "gpu:3");
}

TEST(Device, RefusesOtherNames) {
  for (const char* name : {"", "GPU", "gpu:", "gpu:x", "gpu:-1", "gpu:1x", "gpu:99999", "cuda"}) {
    EXPECT_EQ(ParseDevice(name).error().code, ErrorCode::kBadParameter) << name;
  }
}

}  // namespace
}  // namespace doclayout::runtime
