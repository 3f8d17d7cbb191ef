#include "postprocess/npy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace doclayout::postprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Npy(std::string_view text, std::size_t data_bytes, char version = 1) {
  std::string file = "\x93NUMPY";
  file += {version, '\0'};
  for (std::size_t i = 0; i < (version == 1 ? 2U : 4U); ++i) file += static_cast<char>(text.size() >> (8 * i));
  file += text;
  file.append(data_bytes, '\0');
  return file;
}

std::string Dictionary(std::string_view type, std::string_view shape, std::string_view fortran_order = "False") {
  return "{'descr': '" + std::string(type) + "', 'fortran_order': " + std::string(fortran_order) +
         ", 'shape': " + std::string(shape) + ", }   \n";
}

Result<NpyHeader> Read(const std::string& file) {
  return ReadNpyHeader({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, file.size());
}

std::string Refusal(const std::string& file) {
  const auto header = Read(file);
  if (header) return "";
  EXPECT_EQ(header.error().code, ErrorCode::kUndecodable);
  return header.error().message;
}

TEST(NpyHeader, IsReadInAllVersions) {
  for (const char version : {'\1', '\2', '\3'}) {
    const auto header = Read(Npy(Dictionary("<f4", "(2, 3)"), 24, version));

    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->type, ElementType::kFloat32);
    EXPECT_THAT(header->shape, ElementsAre(2, 3));
    EXPECT_EQ(header->data_bytes(), 24U);
  }
}

TEST(NpyHeader, KnowsItsTypesAndShapes) {
  EXPECT_EQ(Read(Npy(Dictionary("<i4", "(2,)"), 8))->type, ElementType::kInt32);
  EXPECT_EQ(Read(Npy(Dictionary("|u1", "(2,)"), 2))->type, ElementType::kUint8);
  EXPECT_EQ(Read(Npy(Dictionary("|b1", "(2,)"), 2))->type, ElementType::kUint8);
  EXPECT_THAT(Read(Npy(Dictionary("<f4", "()"), 4))->shape, ElementsAre());
  EXPECT_THAT(Read(Npy(Dictionary("<f4", "(0, 7)"), 0))->shape, ElementsAre(0, 7));
}

TEST(NpyHeader, RefusesOtherTypesAndOrders) {
  EXPECT_THAT(Refusal(Npy(Dictionary("<i8", "(2,)"), 16)), HasSubstr("of type <i8; read are float32"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f8", "(2,)"), 16)), HasSubstr("<f8"));
  EXPECT_THAT(Refusal(Npy(Dictionary(">f4", "(2,)"), 8)), HasSubstr("big-endian"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(2, 3)", "True"), 24)), HasSubstr("Fortran order"));
  EXPECT_THAT(Refusal(Npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4)),
              HasSubstr("records"));
}

TEST(NpyHeader, RefusesASizeThatTheFileDoesNotHave) {
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(2, 3)"), 23)),
              HasSubstr("claims 24 bytes of elements, and 23 are there"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(2, 3)"), 25)), HasSubstr("and 25 are there"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(4294967296, 4294967296)"), 24)), HasSubstr("more than 2^64"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(9223372036854775807,)"), 24)), HasSubstr("more than 2^64"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(99999999999999999999,)"), 24)), HasSubstr("out of range"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4)), HasSubstr("more than 8 dimensions"));
}

TEST(NpyHeader, RefusesWhatIsNoNpyFile) {
  EXPECT_THAT(Refusal(""), HasSubstr("not a .npy file"));
  EXPECT_THAT(Refusal("PK\x03\x04 a zip of arrays"), HasSubstr("not a .npy file"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(2,)"), 8, 4)), HasSubstr("version is 4"));
  EXPECT_THAT(Refusal(Npy(Dictionary("<f4", "(2,)"), 8).substr(0, 40)), HasSubstr("ends within its header"));
  EXPECT_THAT(Refusal(Npy(std::string(70'000, ' '), 8, 2)), HasSubstr("at most 65536"));
}

TEST(NpyHeader, RefusesTextThatNumpyDoesNotWrite) {
  for (const char* text :
       {"", "{", "[]", "{'descr': '<f4'", "{'descr' '<f4'}", "{'shape': (-1,)}", "{'shape': (1 2)}", "{'shape': [1]}",
        "{'shape': (1,", "{'fortran_order': 0}", "{'extra': 1}", "{'descr': '<f4'} trailing"}) {
    EXPECT_THAT(Refusal(Npy(text, 4)), HasSubstr("not the dictionary that numpy writes")) << text;
  }
  EXPECT_THAT(Refusal(Npy("{'descr': '<f4', 'shape': (1,)}", 4)), HasSubstr("lacks"));
}

TEST(NpyArray, IsLoadedWholeAndViewedWithALeadingDimension) {
  const auto path = std::filesystem::temp_directory_path() / ("npy_test_" + std::to_string(getpid()));
  std::string file = Npy(Dictionary("<f4", "(1, 2)"), 0);
  const float values[] = {1.5F, -2};
  file.append(reinterpret_cast<const char*>(values), sizeof values);
  std::ofstream(path, std::ios::binary) << file;

  const auto array = NpyArray::Load(path);
  std::filesystem::remove(path);

  ASSERT_TRUE(array) << array.error().message;
  const TensorView view = array->View("boxes", 3);
  EXPECT_THAT(view.shape, ElementsAre(1, 1, 2));
  EXPECT_THAT(view.floats(), ElementsAre(1.5F, -2));
  EXPECT_EQ(NpyArray::Load(path).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace doclayout::postprocess
