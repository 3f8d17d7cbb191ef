#include "http/analyze/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kFile = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n";

std::string Part(std::string_view header, std::string_view content) {
  return "--b\r\n" + std::string(header) + "\r\n" + std::string(content) + "\r\n";
}

Result<std::vector<http::Part>> Parse(std::string_view body, const MultipartLimits& limits = {}) {
  return ParseMultipart(body, "b", limits);
}

std::string ErrorOf(std::string_view body, const MultipartLimits& limits = {}) {
  const auto result = Parse(body, limits);
  if (result) return "no error";
  EXPECT_EQ(result.error().code, ErrorCode::kBadRequest);
  return result.error().message;
}

TEST(Multipart, GivesNamesAndContentWithoutCopying) {
  const std::string body =
      Part(kFile, "one\r\ntwo") + Part("content-disposition: form-data; name=x\r\n", "") + "--b--\r\n";

  const auto parts = Parse(body).value();

  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "file");
  EXPECT_EQ(parts[0].content, "one\r\ntwo");
  EXPECT_EQ(parts[0].content.data(), body.data() + body.find("one"));
  EXPECT_EQ(parts[1].name, "x");
  EXPECT_EQ(parts[1].content, "");
}

TEST(Multipart, TakesWhatClientsReallySend) {
  const std::string header = std::string(kFile) + "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n";

  EXPECT_TRUE(Parse(Part(header, "x") + "--b--"));               // no line end behind the last boundary
  EXPECT_TRUE(Parse("\r\n" + Part(header, "x") + "--b--\r\n"));  // a line end before the first
  EXPECT_TRUE(Parse("--b \t\r\n" + header + "\r\nx\r\n--b--"));  // a transport padded the line
}

TEST(Multipart, TreatsTextThatOnlyBeginsLikeTheBoundaryAsContent) {
  const std::string body = Part(kFile, "x\r\n--bc\r\n--b\n\r\n--") + "--b--";

  EXPECT_EQ(Parse(body).value().at(0).content, "x\r\n--bc\r\n--b\n\r\n--");
}

TEST(Multipart, RefusesABodyThatIsCut) {
  const std::string whole = Part(kFile, "content") + "--b--";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Parse(whole.substr(0, size))) << size;
  }
  EXPECT_THAT(ErrorOf(Part(kFile, "content")), HasSubstr("final boundary is missing"));
}

TEST(Multipart, RefusesAnotherBoundary) {
  EXPECT_THAT(ErrorOf("--c\r\n\r\n--c--"), HasSubstr("no line with the boundary"));
  EXPECT_THAT(ErrorOf("--bx\r\n"), HasSubstr("no line with the boundary"));
  EXPECT_THAT(ErrorOf("text --b\r\n"), HasSubstr("no line with the boundary"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no line with the boundary"));
}

TEST(Multipart, IgnoresWhatIsBeforeTheFirstBoundaryAndBehindTheLast) {
  const std::string form = Part(kFile, "x") + "--b--";
  for (const std::string& body :
       {"This is a message in MIME format.\r\n" + form, "--bx\r\n--b x\r\n" + form, form + "\r\nepilogue",
        form + "\r\n" + Part("Content-Disposition: form-data; name=y\r\n", "y") + "--b--\r\n"}) {
    const auto parts = Parse(body).value();

    ASSERT_EQ(parts.size(), 1U) << body;
    EXPECT_EQ(parts[0].name, "file");
    EXPECT_EQ(parts[0].content, "x");
  }
}

TEST(Multipart, TakesPaddingBehindEachBoundary) {
  const std::string body =
      "--b \t\r\n" + std::string(kFile) + "\r\nx\r\n--b \r\n" + std::string(kFile) + "\r\ny\r\n--b--  \t";

  for (const char* end : {"", "\r\n", "\r\nepilogue"}) EXPECT_EQ(Parse(body + end).value().size(), 2U) << end;
}

TEST(Multipart, TakesTextBehindTheFinalBoundaryOnItsLineForContent) {
  EXPECT_EQ(Parse(Part(kFile, "x\r\n--b--y") + "--b--").value().at(0).content, "x\r\n--b--y");
}

TEST(Multipart, RefusesAPartWithoutAName) {
  EXPECT_THAT(ErrorOf(Part("Content-Type: image/png\r\n", "x") + "--b--"), HasSubstr("no Content-Disposition"));
  EXPECT_THAT(ErrorOf(Part("Content-Disposition: form-data\r\n", "x") + "--b--"), HasSubstr("no name"));
  EXPECT_THAT(ErrorOf(Part("Content-Disposition: attachment; name=file\r\n", "x") + "--b--"), HasSubstr("form-data"));
  EXPECT_THAT(ErrorOf(Part(std::string(kFile) + std::string(kFile), "x") + "--b--"),
              HasSubstr("two Content-Disposition"));
}

TEST(Multipart, RefusesHeaderLinesThatAreNone) {
  EXPECT_THAT(ErrorOf(Part("no colon\r\n", "x") + "--b--"), HasSubstr("'Name: value'"));
  EXPECT_THAT(ErrorOf(Part("bad name: x\r\n", "x") + "--b--"), HasSubstr("'Name: value'"));
}

TEST(Multipart, RefusesTransferEncodings) {
  const std::string header = std::string(kFile) + "Content-Transfer-Encoding: base64\r\n";

  EXPECT_THAT(ErrorOf(Part(header, "x") + "--b--"), HasSubstr("'base64'"));
}

TEST(Multipart, BoundsAPartsHeader) {
  const std::string body = Part(std::string(kFile) + "X: " + std::string(200, 'x') + "\r\n", "x") + "--b--";

  EXPECT_TRUE(Parse(body));
  EXPECT_THAT(ErrorOf(body, {.max_header_bytes = 100}), HasSubstr("more than 100 bytes"));
}

TEST(Multipart, BoundsTheNumberOfParts) {
  const std::string body = Part(kFile, "x") + Part(kFile, "x") + Part(kFile, "x") + "--b--";

  EXPECT_THAT(ErrorOf(body, {.max_parts = 2}), HasSubstr("more than 2 parts"));
}

TEST(SelectFile, WantsExactlyOneFile) {
  EXPECT_EQ(SelectFile({{"file", "x"}}).value(), "x");
  EXPECT_THAT(SelectFile({}).error().message, HasSubstr("no field 'file'"));
  EXPECT_THAT(SelectFile({{"file", "x"}, {"file", "y"}}).error().message, HasSubstr("more than one"));
  EXPECT_THAT(SelectFile({{"file", "x"}, {"threshold", "1"}}).error().message, HasSubstr("'threshold'"));
}

TEST(Boundary, IsWhatRfc2046Allows) {
  EXPECT_TRUE(IsBoundary("----WebKitFormBoundary7MA4YWxkTrZu0gW"));
  EXPECT_TRUE(IsBoundary(std::string(70, 'a')));
  EXPECT_FALSE(IsBoundary(std::string(71, 'a')));
  EXPECT_FALSE(IsBoundary(""));
  EXPECT_FALSE(IsBoundary("a "));
  EXPECT_FALSE(IsBoundary("a\r\nb"));
}

}  // namespace
}  // namespace doclayout::http
