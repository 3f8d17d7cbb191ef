#include "model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "model/sha256.h"

namespace doclayout::model {
namespace {

using testing::HasSubstr;

std::filesystem::path WriteFile(const std::string& name, std::span<const std::uint8_t> bytes) {
  std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(ModelFile, CarriesTheCdlaModel) {
  const ModelFile file = ModelFile::Embedded();

  EXPECT_EQ(file.card().name, "picodet-cdla");
  EXPECT_EQ(file.card().sha256, "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c");
  EXPECT_EQ(file.card().labels.size(), 10U);
  EXPECT_EQ(file.card().labels.front(), "text");
}

TEST(ModelFile, LoadsAFileLikeTheEmbeddedOne) {
  const auto path = WriteFile("renamed.onnx", ModelFile::Embedded().bytes());

  const Result<ModelFile> file = ModelFile::Load(path);

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->card().name, "picodet-cdla");
}

TEST(ModelFile, NamesTheFileInEveryError) {
  const auto bytes = ModelFile::Embedded().bytes();
  const auto truncated = WriteFile("truncated.onnx", bytes.first(100'000));
  const auto empty = WriteFile("empty.onnx", {});

  EXPECT_THAT(ModelFile::Load("/nowhere/model.onnx").error().message, HasSubstr("No such file"));
  EXPECT_THAT(ModelFile::Load(testing::TempDir()).error().message, HasSubstr("not a regular file"));
  const std::string pipe = testing::TempDir() + "/pipe.onnx";
  ASSERT_TRUE(mkfifo(pipe.c_str(), 0600) == 0 || errno == EEXIST);
  EXPECT_THAT(ModelFile::Load(pipe).error().message, HasSubstr("not a regular file"));
  EXPECT_THAT(ModelFile::Load(empty).error().message, HasSubstr("empty"));
  EXPECT_THAT(ModelFile::Load(truncated).error().message,
              testing::AllOf(HasSubstr("truncated.onnx"), HasSubstr("truncated or damaged")));
}

TEST(ModelFile, RefusesWhatNoProtobufMessageCanBe) {
  const auto path = WriteFile("sparse.onnx", ModelFile::Embedded().bytes().first(1000));
  std::filesystem::resize_file(path, std::uintmax_t{3} << 30);  // holes, which take no space

  const Result<ModelFile> file = ModelFile::Load(path);
  std::filesystem::remove(path);

  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("has 3221225472 bytes; an ONNX file, a protobuf message, has at most "
                                              "2147483647"));
}

TEST(Sha256, IsThatOfTheStandard) {
  const std::string text = "abc";

  EXPECT_EQ(Sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace doclayout::model
