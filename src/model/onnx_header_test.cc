#include "model/onnx_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "model/model_file.h"

namespace doclayout::model {
namespace {

using testing::HasSubstr;

std::vector<std::uint8_t> Bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

TEST(OnnxHeader, ReadsPortsAndMetadataOfTheEmbeddedModel) {
  const Result<OnnxHeader> header = ReadOnnxHeader(ModelFile::Embedded().bytes());

  ASSERT_TRUE(header) << header.error().message;
  EXPECT_THAT(header->inputs, testing::ElementsAre(GraphPort{"image", 1, {1, 3, 800, 608}}));
  ASSERT_EQ(header->outputs.size(), 8U);
  EXPECT_EQ(header->outputs[0].shape, (std::vector<std::int64_t>{1, 7600, 10}));
  EXPECT_THAT(header->metadata.at("character"), HasSubstr("figure_caption"));
  EXPECT_GE(header->opset, 11);
}

TEST(OnnxHeader, TellsATruncatedModelFromWhatNeverWasOne) {
  const auto bytes = ModelFile::Embedded().bytes();

  EXPECT_THAT(ReadOnnxHeader(bytes.first(bytes.size() / 2)).error().message, HasSubstr("truncated"));
  EXPECT_THAT(ReadOnnxHeader(Bytes("# A text file, not a model\n")).error().message, HasSubstr("not an ONNX model"));
  EXPECT_THAT(ReadOnnxHeader({}).error().message, HasSubstr("empty"));
}

TEST(OnnxHeader, EveryTruncationIsAnErrorAndNoCrash) {
  const auto bytes = ModelFile::Embedded().bytes();

  for (std::size_t size = 1; size < bytes.size(); size += 1 + bytes.size() / 997) {
    EXPECT_FALSE(ReadOnnxHeader(bytes.first(size))) << size;
  }
}

TEST(OnnxHeader, RandomBytesAreAnErrorAndNoCrash) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bytes(random() % 200 + 1);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    EXPECT_FALSE(ReadOnnxHeader(bytes));
  }
}

TEST(OnnxHeader, DescribesAPortForMessages) {
  EXPECT_EQ(Describe({"x", 10, {-1, 3}}), "x float16 [?,3]");
}

}  // namespace
}  // namespace doclayout::model
