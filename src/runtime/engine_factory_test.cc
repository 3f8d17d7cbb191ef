#include "runtime/engine_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::runtime {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string RuntimeOf(const EngineOptions& options) {
  const auto engine = LoadEngine(model::ModelFile::Embedded(), options);
  return engine ? (*engine)->runtime() : "error: " + engine.error().message;
}

TEST(EngineFactory, TheCpuIsOpenVinosUnlessToldOtherwise) {
  const Device cpu{.kind = Device::Kind::kCpu};

  EXPECT_THAT(RuntimeOf({.device = cpu, .threads = 1}), StartsWith("OpenVINO "));
  EXPECT_THAT(RuntimeOf({.runtime = Runtime::kOpenVino, .threads = 1}), StartsWith("OpenVINO "));
  EXPECT_THAT(RuntimeOf({.runtime = Runtime::kOnnxRuntime, .device = cpu, .threads = 1}), StartsWith("ONNX Runtime "));
}

TEST(EngineFactory, AGpuIsNotOpenVinos) {
  const EngineOptions options{.runtime = Runtime::kOpenVino, .device = {.kind = Device::Kind::kGpu}};

  EXPECT_THAT(RuntimeOf(options), HasSubstr("openvino infers on the CPU"));
}

TEST(EngineFactory, AGpuThatCannotBeHadIsAnError) {
  EXPECT_THAT(RuntimeOf({.device = {.kind = Device::Kind::kGpu, .index = 99}}),
              StartsWith("error: no GPU can be used"));
}

TEST(EngineFactory, ParsesRuntimes) {
  EXPECT_EQ(ParseRuntime("auto").value(), Runtime::kAuto);
  EXPECT_EQ(ParseRuntime("openvino").value(), Runtime::kOpenVino);
  EXPECT_EQ(ParseRuntime("onnxruntime").value(), Runtime::kOnnxRuntime);
  EXPECT_EQ(ParseRuntime("tensorrt").error().code, ErrorCode::kBadParameter);
}

}  // namespace
}  // namespace doclayout::runtime
