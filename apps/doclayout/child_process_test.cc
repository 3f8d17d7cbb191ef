#include "child_process.h"

#include <gtest/gtest.h>

namespace doclayout {
namespace {

TEST(RunChild, TellsHowTheProgramEnded) {
  EXPECT_EQ(RunChild({"true"}).value(), 0);
  EXPECT_EQ(RunChild({"sh", "-c", "exit 7"}).value(), 7);
  EXPECT_EQ(RunChild({"sh", "-c", "kill -TERM $$"}).value(), 128 + 15);
}

TEST(RunChild, SaysWhatCannotBeRun) {
  const Result<int> result = RunChild({"/nowhere/python3"});

  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message, "'/nowhere/python3' cannot be run: No such file or directory");
}

TEST(InheritedFile, IsReadByTheChild) {
  const auto script = InheritedFile::Make("exit 9\n");

  EXPECT_EQ(RunChild({"sh", script->path()}).value(), 9);
}

}  // namespace
}  // namespace doclayout
