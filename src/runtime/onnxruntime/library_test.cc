#include "runtime/onnxruntime/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace doclayout::runtime {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

std::string Refusal(const std::string& where) {
  const auto library = LoadOnnxRuntimeLibrary(where);
  if (library) return "loaded " + library->path.string();
  EXPECT_EQ(library.error().code, ErrorCode::kBadParameter);
  return library.error().message;
}

TEST(OnnxRuntimeLibrary, SaysThatAFileIsMissing) {
  EXPECT_THAT(Refusal("/nowhere/libonnxruntime.so"), HasSubstr("/nowhere/libonnxruntime.so: cannot open"));
}

TEST(OnnxRuntimeLibrary, SaysThatAFolderHasNone) {
  EXPECT_THAT(Refusal("/etc"), StartsWith("there is no libonnxruntime.so in '/etc', nor in its folders"));
}

TEST(OnnxRuntimeLibrary, SaysThatATextFileIsNoLibrary) {
  const std::string path = testing::TempDir() + "/libonnxruntime.so.text";
  std::ofstream(path) << "This is text, and quite a lot more of it than an ELF header has.";

  EXPECT_THAT(Refusal(path), HasSubstr("' cannot be used as ONNX Runtime: "));
  fs::remove(path);
}

TEST(OnnxRuntimeLibrary, SaysThatAnotherLibraryIsNotThisOne) {
  EXPECT_THAT(Refusal(DOCLAYOUT_OTHER_LIBRARY), HasSubstr("it has no function OrtGetApiBase"));
}

TEST(OnnxRuntimeLibrary, SaysThatALibraryIsTooOld) {
  EXPECT_THAT(Refusal(DOCLAYOUT_OLD_LIBRARY), HasSubstr("it is version 1.17.3, and 1.21 or newer is needed"));
}

TEST(OnnxRuntimeLibrary, IsFoundInAFolderOrItsLibByAFullVersionsName) {
  const fs::path folder = fs::path(testing::TempDir()) / "onnxruntime_folder";
  fs::create_directories(folder / "lib");
  fs::create_symlink(DOCLAYOUT_OLD_LIBRARY, folder / "lib" / "libonnxruntime.so.1.17.3");

  EXPECT_THAT(Refusal(folder), HasSubstr("lib/libonnxruntime.so.1.17.3' cannot be used"));
  EXPECT_THAT(Refusal(folder / "lib"), HasSubstr("it is version 1.17.3"));
  fs::remove_all(folder);
}

TEST(OnnxRuntimeLibrary, OfTheDependenciesIsTheOneOfTheProcess) {
  const auto library = LoadOnnxRuntimeLibrary("");
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_THAT(library->version, StartsWith("1."));

  const auto again = LoadOnnxRuntimeLibrary(library->path);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->version, library->version);
  EXPECT_THAT(Refusal(DOCLAYOUT_NEW_LIBRARY), HasSubstr("is in use already"));
}

}  // namespace
}  // namespace doclayout::runtime
