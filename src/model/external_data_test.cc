#include "model/external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "model/testing/onnx_bytes.h"

namespace doclayout::model {
namespace {

using ::testing::ElementsAre;
using testing::ExternalTensor;
using ::testing::HasSubstr;
using testing::ModelWithGraph;
using testing::OnnxBytes;

std::vector<ExternalFile> FilesOf(const OnnxBytes& graph) {
  const auto header = ReadOnnxHeader(ModelWithGraph(graph).Take());
  EXPECT_TRUE(header) << header.error().message;
  return header->external_files;
}

TEST(ExternalData, IsListedOnceAFileWithWhatIsReadOfIt) {
  OnnxBytes graph;
  graph.Field(5, ExternalTensor("b.bin", "0", "10"));
  graph.Field(5, ExternalTensor("a.bin", "100", "24"));
  graph.Field(5, ExternalTensor("a.bin", "0", "100"));

  EXPECT_THAT(FilesOf(graph), ElementsAre(ExternalFile{"a.bin", 124}, ExternalFile{"b.bin", 10}));
}

TEST(ExternalData, IsFoundInConstantsAndInBranches) {
  const OnnxBytes constant = OnnxBytes().Field(5, OnnxBytes().Field(5, ExternalTensor("constant.bin", "0", "1")));
  const OnnxBytes branch = OnnxBytes().Field(1, constant).Field(5, ExternalTensor("branch.bin", "0", "2"));
  OnnxBytes graph;
  graph.Field(1, OnnxBytes().Field(5, OnnxBytes().Field(6, branch)));

  EXPECT_THAT(FilesOf(graph), ElementsAre(ExternalFile{"branch.bin", 2}, ExternalFile{"constant.bin", 1}));
}

TEST(ExternalData, OfTensorsInTheGraphItselfIsNone) {
  OnnxBytes graph;
  graph.Field(5, OnnxBytes().Field(8, "weight").Field(9, "1234"));

  EXPECT_THAT(FilesOf(graph), ElementsAre());
}

TEST(ExternalData, RefusesGraphsNestedBeyondReason) {
  OnnxBytes graph;
  graph.Field(5, ExternalTensor("a.bin", "0", "1"));
  for (int i = 0; i < 100; ++i) {
    graph = OnnxBytes().Field(1, OnnxBytes().Field(5, OnnxBytes().Field(6, graph)));
  }

  EXPECT_FALSE(ReadOnnxHeader(ModelWithGraph(graph).Take()));
}

TEST(ExternalData, MustLieBesideTheGraph) {
  const std::filesystem::path folder = ::testing::TempDir();
  const auto error_of = [&](const std::string& location) {
    OnnxHeader header;
    header.external_files = {{location, 0}};
    const auto files = FindExternalFiles(header, folder);
    return files ? "found" : files.error().message;
  };

  const std::vector<std::string> outside{"",          "/etc/passwd", "../weights.bin",
                                         "a/../../b", "a/",          std::string("a\0b", 3)};
  for (const std::string& location : outside) {
    EXPECT_THAT(error_of(location), HasSubstr("not a path inside the graph's own folder")) << location;
  }
  EXPECT_THAT(error_of("nowhere.bin"), HasSubstr("nowhere.bin', which is missing"));
  EXPECT_THAT(error_of("."), HasSubstr("is not a regular file"));
}

TEST(ExternalData, MustBeAsLongAsTheGraphReads) {
  const std::filesystem::path folder = ::testing::TempDir();
  std::ofstream(folder / "short.bin") << "12345";
  OnnxHeader header;
  header.external_files = {{"short.bin", 6}};

  EXPECT_THAT(FindExternalFiles(header, folder).error().message, HasSubstr("has 5 bytes where the graph reads 6"));
  header.external_files = {{"short.bin", 5}};
  EXPECT_THAT(*FindExternalFiles(header, folder), ElementsAre(folder / "short.bin"));
}

}  // namespace
}  // namespace doclayout::model
