#include "model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

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

/// A folder of the test's own, empty.
std::filesystem::path EmptyFolder(const std::string& name) {
  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void WriteText(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::filesystem::path FolderWithModel(const std::string& name) {
  std::filesystem::path folder = EmptyFolder(name);
  const auto bytes = ModelFile::Embedded().bytes();
  WriteText(folder / "inference.onnx", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return folder;
}

TEST(ModelFile, LoadsAFolderWithOneGraph) {
  const auto folder = FolderWithModel("folder");

  const Result<ModelFile> file = ModelFile::Load(folder);

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->card().name, "picodet-cdla");
  EXPECT_EQ(file->path(), folder / "inference.onnx");
}

TEST(ModelFile, RefusesAFolderWithoutOrWithSeveralGraphs) {
  const auto none = EmptyFolder("none");
  const auto several = EmptyFolder("several");
  WriteText(several / "b.onnx", "b");
  WriteText(several / "a.onnx", "a");

  EXPECT_THAT(ModelFile::Load(none).error().message, HasSubstr("holds no *.onnx file"));
  EXPECT_THAT(ModelFile::Load(several).error().message, HasSubstr("holds 2 *.onnx files (a.onnx, b.onnx)"));
}

TEST(ModelFile, TakesSettingsFromTheFolder) {
  const auto folder = FolderWithModel("settings");
  WriteText(folder / "inference.yml", "draw_threshold: 0.25\nlayout_nms: false\n");

  const Result<ModelFile> file = ModelFile::Load(folder);

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->card().defaults.threshold, 0.25F);
  EXPECT_EQ(file->card().defaults.nms, false);
}

TEST(ModelFile, TellsModelsApartThatDifferInTheirSettingsOnly) {
  const auto folder = FolderWithModel("settings_digest");
  const ModelCard without = ModelFile::Load(folder).value().card();
  WriteText(folder / "inference.yml", "draw_threshold: 0.25\n");
  const ModelCard with = ModelFile::Load(folder).value().card();
  WriteText(folder / "inference.yml", "draw_threshold: 0.75\n");
  const ModelCard other = ModelFile::Load(folder).value().card();

  EXPECT_EQ(with.sha256, without.sha256);
  EXPECT_EQ(without.settings_sha256, "");
  EXPECT_EQ(with.settings_sha256.size(), 64);
  EXPECT_NE(with.settings_sha256, other.settings_sha256);
}

TEST(ModelFile, RefusesSettingsThatContradictTheGraph) {
  const auto folder = FolderWithModel("contradiction");
  const auto error_with = [&](std::string_view settings) {
    WriteText(folder / "inference.yml", settings);
    return ModelFile::Load(folder).error().message;
  };

  EXPECT_THAT(error_with("Preprocess: [{type: Resize, target_size: [640, 640], keep_ratio: false}]"),
              HasSubstr("a height of 640 and a width of 640, but the model's input is 'image float32 [1,3,800,608]'"));
  EXPECT_THAT(error_with("label_list: [text, title]"),
              HasSubstr("the model has 10 classes but inference.yml lists 2 labels"));
  EXPECT_THAT(error_with("Global: {model_name: PP-DocLayoutV3}"),
              HasSubstr("inference.yml says that the model's family is pp-doclayoutv3, but it has 4 class maps"));
  EXPECT_THAT(error_with("draw_threshold: {sidebar: 0.5}"), HasSubstr("names the class 'sidebar'"));
  EXPECT_THAT(error_with("draw_threshold: {10: 0.5}"), HasSubstr("no number from 0 to 9"));
}

TEST(ModelFile, KnowsTheEmbeddedModelByItsNameInTheCatalogue) {
  const Result<ModelFile> file = ModelFile::Load("picodet-cdla");

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->path().empty());
}

TEST(ModelFile, SaysHowToGetAModelThatIsNotThere) {
  setenv("XDG_DATA_HOME", EmptyFolder("data").c_str(), 1);

  EXPECT_THAT(ModelFile::Load("pp-doclayoutv3").error().message, HasSubstr("`doclayout model pull pp-doclayoutv3`"));
  EXPECT_THAT(ModelFile::Load("pp-doclayoutv9").error().message,
              testing::AllOf(HasSubstr("No such file or folder"), HasSubstr("picodet-cdla, ")));
}

TEST(ModelFile, RefusesAPulledFileThatIsNotTheCataloguesOne) {
  const auto data = EmptyFolder("damaged");
  std::filesystem::create_directories(data / "doclayout/models");
  const auto bytes = ModelFile::Embedded().bytes();
  WriteText(data / "doclayout/models/picodet-table.onnx", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  setenv("XDG_DATA_HOME", data.c_str(), 1);

  EXPECT_THAT(ModelFile::Load("picodet-table").error().message, HasSubstr("not the catalogue's 5b07ba6d"));
}

TEST(ModelFile, TakesAPathForAFileThatIsCalledLikeAModel) {
  const auto folder = EmptyFolder("precedence");
  WriteText(folder / "pp-doclayoutv3", "# a text\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  const Error error = ModelFile::Load("pp-doclayoutv3").error();
  std::filesystem::current_path(before);

  EXPECT_THAT(error.message, HasSubstr("model file 'pp-doclayoutv3': the model file is not an ONNX model"));
}

TEST(ModelFile, RefusesAFamilyThatTheGraphIsNotOf) {
  EXPECT_THAT(ModelFile::Load("picodet-cdla", Family::kPpDocLayoutV3).error().message,
              HasSubstr("--family says pp-doclayoutv3, but model 'picodet-cdla' is of picodet"));
}

}  // namespace
}  // namespace doclayout::model
