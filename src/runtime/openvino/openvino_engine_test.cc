#include "runtime/openvino/openvino_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/blob_cache.h"

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

/// The folder of a test's compiled models, removed with it.
class CompiledModelCache : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Engine> Load(const std::string& folder, int streams = 1) const {
    auto engine = LoadOpenVino(file_, {.threads = 1, .streams = streams, .cache_dir = folder});
    EXPECT_TRUE(engine) << engine.error().message;
    return engine ? std::move(*engine) : nullptr;
  }

  std::vector<std::filesystem::path> Files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) files.push_back(entry.path());
    return files;
  }

  const std::string name_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string folder_ = testing::TempDir() + "/compiled_" + name_;
  const model::ModelFile file_ = model::ModelFile::Embedded();
};

TEST_F(CompiledModelCache, ASecondStartGivesTheSameBits) {
  const auto first = Load(folder_);
  ASSERT_EQ(Files().size(), 1U);
  const auto written = std::filesystem::file_size(Files()[0]);
  const auto second = Load(folder_);

  EXPECT_EQ(first->note(), "");
  EXPECT_EQ(second->note(), "");
  EXPECT_EQ(second->slots(), first->slots());
  EXPECT_EQ(RunOn(**first->CreateSession(), 90), RunOn(**second->CreateSession(), 90));
  EXPECT_EQ(Files().size(), 1U);
  EXPECT_EQ(std::filesystem::file_size(Files()[0]), written);
}

TEST_F(CompiledModelCache, OtherSettingsAreAnotherModel) {
  Load(folder_, 1);
  Load(folder_, 2);

  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(CompiledModelCache, ADamagedFileIsReplacedAndSpokenOf) {
  Load(folder_);
  std::filesystem::resize_file(Files().at(0), std::filesystem::file_size(Files().at(0)) - 1);

  EXPECT_THAT(Load(folder_)->note(), testing::HasSubstr("is not used: it was cut off"));
  EXPECT_EQ(Load(folder_)->note(), "");
}

TEST_F(CompiledModelCache, AFileThatOpenVinoCannotReadIsReplacedAndSpokenOf) {
  Load(folder_);
  const auto file = Files().at(0);
  // A whole file of this cache, whose content is no compiled model.
  ASSERT_TRUE(BlobCache(folder_ + "/other").Store("key", [](std::ostream& stream) { stream << "no model"; }));
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/other")) {
    std::fstream head(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    std::ifstream original(file, std::ios::binary);
    std::array<char, 80> format_and_key{};
    original.read(format_and_key.data(), format_and_key.size());
    head.write(format_and_key.data(), format_and_key.size());
    head.close();
    std::filesystem::copy_file(entry.path(), file, std::filesystem::copy_options::overwrite_existing);
  }

  EXPECT_THAT(Load(folder_)->note(), testing::HasSubstr("it cannot be read back"));
  EXPECT_EQ(Load(folder_)->note(), "");
}

TEST_F(CompiledModelCache, AFolderThatCannotBeMadeIsNoFailure) {
  const auto engine = Load("/proc/nowhere");

  ASSERT_TRUE(engine);
  EXPECT_THAT(engine->note(), testing::HasSubstr("compiled model not kept: '/proc/nowhere'"));
}

}  // namespace
}  // namespace doclayout::runtime
