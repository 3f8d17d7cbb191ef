#include "terminal_text.h"

#include <gtest/gtest.h>

namespace doclayout {
namespace {

TEST(Printable, LeavesWhatCanBeShown) {
  EXPECT_EQ(Printable("scans/Müller 海岸 📄 a\\b.png"), "scans/Müller 海岸 📄 a\\b.png");
}

TEST(Printable, EscapesControlCharacters) {
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\rd\te\x7f"), "a\\x1b[2Jb\\x0ac\\x0dd\\x09e\\x7f");
  EXPECT_EQ(Printable("\u0085\u009b"), "\\u0085\\u009b");
}

TEST(Printable, EscapesWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(Printable("gnp\u202e.exe\u2066"), "gnp\\u202e.exe\\u2066");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("\xff.png"), "\\xff.png");
  EXPECT_EQ(Printable("a\xc3"), "a\\xc3");                           // cut off
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

TEST(CutToColumns, LeavesWhatFits) {
  EXPECT_EQ(CutToColumns("page.png", 8), "page.png");
  EXPECT_EQ(CutToColumns("海岸", 4), "海岸");
  EXPECT_EQ(CutToColumns("", 0), "");
}

TEST(CutToColumns, MarksWhatItCut) {
  EXPECT_EQ(CutToColumns("page.png", 7), "page.p…");
  EXPECT_EQ(CutToColumns("page.png", 1), "…");
  EXPECT_EQ(CutToColumns("page.png", 0), "");
}

TEST(CutToColumns, NeverCutsACharacterInTwo) {
  EXPECT_EQ(CutToColumns("Müller", 3), "Mü…");
  EXPECT_EQ(CutToColumns("海岸档", 5), "海岸…");
  EXPECT_EQ(CutToColumns("海岸档", 4), "海…");
}

}  // namespace
}  // namespace doclayout
