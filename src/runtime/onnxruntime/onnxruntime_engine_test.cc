#include "runtime/onnxruntime/onnxruntime_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/openvino/openvino_engine.h"

namespace doclayout::runtime {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The graphs in tests/models/echo say what reached them.
const std::string kEchoFloat32 = std::string(DOCLAYOUT_SOURCE_DIR) + "/tests/models/echo/echo_float32.onnx";
const std::string kEchoFloat16 = std::string(DOCLAYOUT_SOURCE_DIR) + "/tests/models/echo/echo_float16.onnx";
constexpr std::size_t kEchoPixels = 32 * 32;

model::ModelFile File(const std::string& path) {
  auto file = model::ModelFile::Load(path);
  EXPECT_TRUE(file) << file.error().message;
  return std::move(*file);
}

/// Pages of one colour each, blue 51 more than on the page before.
std::vector<std::vector<float>> EchoedRows(Engine& engine) {
  const auto session = engine.CreateSession().value();
  const int batch = session->batch();
  for (int page = 0; page < batch; ++page) {
    const auto pixels = session->image(page);
    EXPECT_EQ(pixels.size(), kEchoPixels * 3);
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      pixels[i] = static_cast<std::uint8_t>(51 * (page + 1));
      pixels[i + 1] = 102;
      pixels[i + 2] = 204;
    }
    session->SetScaleFactor(page, 0.5F, 0.25F * static_cast<float>(page + 1));
  }
  const auto outputs = session->Run();
  EXPECT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ((*outputs)[0].shape, (Shape{static_cast<std::size_t>(batch), 7}));
  EXPECT_EQ((*outputs)[1].type, ElementType::kInt32);
  EXPECT_EQ(static_cast<const std::int32_t*>((*outputs)[1].data)[batch - 1], 1);
  EXPECT_EQ((*outputs)[2].type, ElementType::kUint8);
  EXPECT_EQ((*outputs)[2].shape, (Shape{static_cast<std::size_t>(batch), 32, 32}));
  EXPECT_EQ(static_cast<const std::uint8_t*>((*outputs)[2].data)[0], 1);  // red, the first channel, is above 0.5
  std::vector<std::vector<float>> rows;
  auto values = (*outputs)[0].floats();
  for (; !values.empty(); values = values.subspan(7)) rows.emplace_back(values.begin(), values.begin() + 7);
  return rows;
}

void ExpectEcho(Engine& engine, float tolerance) {
  const auto rows = EchoedRows(engine);
  for (std::size_t page = 0; page < rows.size(); ++page) {
    const auto number = static_cast<float>(page + 1);
    const std::vector<float> expected{0.8F, 0.4F, 0.2F * number, 32, 32, 0.5F, 0.25F * number};
    EXPECT_THAT(rows[page], testing::Pointwise(testing::FloatNear(tolerance), expected)) << "page " << page;
  }
}

TEST(OnnxRuntimeEngine, PagesReachTheGraphAndItsOutputsComeBack) {
  const auto engine = LoadOnnxRuntime(File(kEchoFloat32), {.threads = 1});
  ASSERT_TRUE(engine) << engine.error().message;

  EXPECT_THAT((*engine)->runtime(), StartsWith("ONNX Runtime 1."));
  EXPECT_THAT((*engine)->runtime(), HasSubstr("(CPU)"));
  EXPECT_EQ((*engine)->slots(), 1);
  ExpectEcho(**engine, 1e-5F);
}

TEST(OnnxRuntimeEngine, SeveralPagesKeepTheirPlaces) {
  const auto engine = LoadOnnxRuntime(File(kEchoFloat32), {.threads = 1, .streams = 3, .batch = 3});
  ASSERT_TRUE(engine) << engine.error().message;

  EXPECT_EQ((*engine)->slots(), 3);
  ExpectEcho(**engine, 1e-5F);
}

TEST(OnnxRuntimeEngine, AFloat16GraphLooksLikeAnyOther) {
  const auto engine = LoadOnnxRuntime(File(kEchoFloat16), {.threads = 1, .batch = 2});
  ASSERT_TRUE(engine) << engine.error().message;

  ExpectEcho(**engine, 1e-3F);
}

TEST(OpenVinoEngine, GivesWhatOnnxRuntimeGives) {
  for (const auto& [path, tolerance] : {std::pair(kEchoFloat32, 1e-5F), std::pair(kEchoFloat16, 1e-3F)}) {
    const auto engine = LoadOpenVino(File(path), {.threads = 1, .streams = 1, .batch = 3});
    ASSERT_TRUE(engine) << engine.error().message;

    ExpectEcho(**engine, tolerance);
  }
}

TEST(OnnxRuntimeEngine, AgreesWithOpenVinoOnTheEmbeddedModel) {
  const auto file = model::ModelFile::Embedded();
  const auto run = [](Engine& engine) {
    const auto session = engine.CreateSession().value();
    // Stripes: something to see at every scale.
    const auto pixels = session->image(0);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>((i / 5000) % 3 * 120);
    std::vector<std::vector<float>> copies;
    const auto outputs = session->Run();
    for (const TensorView& output : *outputs) {
      copies.emplace_back(output.floats().begin(), output.floats().end());
    }
    return copies;
  };
  const auto onnxruntime = LoadOnnxRuntime(file, {.threads = 1});
  ASSERT_TRUE(onnxruntime) << onnxruntime.error().message;
  const auto openvino = LoadOpenVino(file, {.threads = 1, .streams = 1});
  ASSERT_TRUE(openvino) << openvino.error().message;

  const auto first = run(**onnxruntime);
  const auto second = run(**openvino);

  ASSERT_EQ(first.size(), 8U);
  for (std::size_t output = 0; output < first.size(); ++output) {
    ASSERT_EQ(first[output].size(), second[output].size());
    float largest = 0;
    for (std::size_t i = 0; i < first[output].size(); ++i) {
      largest = std::max(largest, std::abs(first[output][i] - second[output][i]));
    }
    EXPECT_LT(largest, output < 4 ? 1e-4F : 5e-3F) << "output " << output;
  }
}

TEST(OnnxRuntimeEngine, AGpuThatCannotBeHadIsAnErrorThatSaysWhatIsMissing) {
  const auto engine = LoadOnnxRuntime(File(kEchoFloat32), {.device = {.kind = Device::Kind::kGpu, .index = 99}});

  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kBadParameter);
  EXPECT_THAT(engine.error().message, testing::AllOf(StartsWith("no GPU can be used: "),
                                                     testing::AnyOf(HasSubstr("libcuda.so.1"), HasSubstr("driver"))));
}

TEST(OnnxRuntimeEngine, RefusesBfloat16) {
  const auto engine = LoadOnnxRuntime(File(kEchoFloat32), {.precision = Precision::kBfloat16});

  EXPECT_EQ(engine.error().code, ErrorCode::kBadParameter);
}

TEST(OnnxRuntimeEngine, AGraphWithDamagedInsidesIsABadModel) {
  const auto bytes = model::ModelFile::Embedded().bytes();
  std::string damaged(bytes.begin(), bytes.end());
  damaged[damaged.find("batch_norm2d_0.w_0")] = 'X';
  const std::string path = testing::TempDir() + "/damaged_for_onnxruntime.onnx";
  std::ofstream(path, std::ios::binary) << damaged;

  const auto engine = LoadOnnxRuntime(File(path), {.threads = 1});

  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kBadModel);
  EXPECT_THAT(engine.error().message, StartsWith("the runtime cannot load the model: "));
}

}  // namespace
}  // namespace doclayout::runtime
