#include "runtime/openvino/openvino_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace doclayout::runtime {
namespace {

std::vector<float> RunOn(Session& session, std::uint8_t grey) {
  std::ranges::fill(session.image(0), grey);
  const auto outputs = session.Run();
  EXPECT_TRUE(outputs) << outputs.error().message;
  const auto scores = (*outputs)[0].floats();
  return {scores.begin(), scores.end()};
}

TEST(OpenVinoEngine, GivesTheOutputsThatTheModelCardPromises) {
  const model::ModelFile file = model::ModelFile::Embedded();
  const auto engine = LoadOpenVino(file, {.threads = 1, .streams = 1});
  ASSERT_TRUE(engine) << engine.error().message;
  const auto session = (*engine)->CreateSession();
  ASSERT_TRUE(session);

  std::ranges::fill((*session)->image(0), std::uint8_t{255});
  const auto outputs = (*session)->Run();

  ASSERT_TRUE(outputs);
  ASSERT_EQ(outputs->size(), 8U);
  EXPECT_EQ((*outputs)[std::get<model::PicoDetOutputs>(file.card().outputs).levels[0].scores].shape,
            (Shape{1, 7600, 10}));
  EXPECT_EQ((*outputs)[std::get<model::PicoDetOutputs>(file.card().outputs).levels[3].distances].shape,
            (Shape{1, 130, 32}));
  for (float score : (*outputs)[0].floats()) ASSERT_TRUE(score >= 0 && score <= 1);
}

TEST(OpenVinoEngine, SessionsOfTwoThreadsDoNotDisturbEachOther) {
  const auto engine = LoadOpenVino(model::ModelFile::Embedded(), {.threads = 2, .streams = 2});
  ASSERT_TRUE(engine) << engine.error().message;
  EXPECT_EQ((*engine)->slots(), 2);
  const auto alone = (*engine)->CreateSession();
  const std::vector<float> white = RunOn(**alone, 255);
  const std::vector<float> grey = RunOn(**alone, 90);
  ASSERT_NE(white, grey);

  std::vector<std::thread> threads;
  std::array<bool, 2> same{};
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      const auto session = (*engine)->CreateSession();
      same[i] = true;
      for (int n = 0; n < 5; ++n) same[i] = same[i] && RunOn(**session, i == 0 ? 255 : 90) == (i == 0 ? white : grey);
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_TRUE(same[0]);
  EXPECT_TRUE(same[1]);
}

TEST(OpenVinoEngine, AGraphWithDamagedInsidesIsABadModel) {
  // The file's outline stays whole, so that the header is good; a tensor's stated size no longer fits its bytes.
  const auto bytes = model::ModelFile::Embedded().bytes();
  std::vector<std::uint8_t> damaged(bytes.begin(), bytes.end());
  const std::string_view name = "batch_norm2d_0.w_0";
  const auto found = std::search(damaged.begin(), damaged.end(), name.begin(), name.end());
  ASSERT_NE(found, damaged.end());
  *found = 'X';
  const std::string path = testing::TempDir() + "/damaged.onnx";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(damaged.data()), static_cast<std::streamsize>(damaged.size()));
  const auto file = model::ModelFile::Load(path);
  ASSERT_TRUE(file) << file.error().message;

  const auto engine = LoadOpenVino(*file, {.threads = 1, .streams = 1});

  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kBadModel);
  EXPECT_THAT(engine.error().message, testing::HasSubstr("the runtime cannot load the model"));
}

TEST(OpenVinoEngine, AGraphThatGivesOtherShapesThanItsFileDeclaresIsABadModel) {
  // The four distance maps are declared with 36 channels instead of 32: [1, cells, 32] in onnx.proto's dimensions.
  const auto bytes = model::ModelFile::Embedded().bytes();
  std::vector<std::uint8_t> changed(bytes.begin(), bytes.end());
  const std::vector<std::vector<std::uint8_t>> cells{{0xB0, 0x3B}, {0xEC, 0x0E}, {0xDB, 0x03}, {0x82, 0x01}};
  for (const auto& varint : cells) {
    const std::vector<std::uint8_t> shape{0x0A,      0x02,      0x08, 0x01, 0x0A, 0x03, 0x08,
                                          varint[0], varint[1], 0x0A, 0x02, 0x08, 32};
    const auto found = std::search(changed.begin(), changed.end(), shape.begin(), shape.end());
    ASSERT_NE(found, changed.end());
    *(found + static_cast<std::ptrdiff_t>(shape.size()) - 1) = 36;
  }
  const std::string path = testing::TempDir() + "/other_shapes.onnx";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(changed.data()), static_cast<std::streamsize>(changed.size()));
  const auto file = model::ModelFile::Load(path);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(std::get<model::PicoDetOutputs>(file->card().outputs).distance_bins, 9);

  const auto engine = LoadOpenVino(*file, {.threads = 1, .streams = 1});

  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kBadModel);
  EXPECT_THAT(engine.error().message,
              testing::HasSubstr("has the shape [1,7600,32] where its file declares [1,7600,36]"));
}

TEST(Precision, RefusesAnUnknownName) {
  EXPECT_EQ(ParsePrecision("bf16").value(), Precision::kBfloat16);

  EXPECT_EQ(ParsePrecision("f64").error().message, "precision 'f64' is not one of f32, bf16, auto");
}

}  // namespace
}  // namespace doclayout::runtime
