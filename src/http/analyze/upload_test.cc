#include "http/analyze/upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace doclayout::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = UploadType::Kind;

std::string Text(const Upload& upload) {
  return {upload.document().begin(), upload.document().end()};
}

TEST(UploadType, FollowsTheContentType) {
  EXPECT_EQ(ParseUploadType("image/png").value().kind, Kind::kRaw);
  EXPECT_EQ(ParseUploadType("IMAGE/Jpeg; x=y").value().kind, Kind::kRaw);
  EXPECT_EQ(ParseUploadType("application/octet-stream").value().kind, Kind::kRaw);
  EXPECT_EQ(ParseUploadType("application/pdf").value().kind, Kind::kRaw);
  EXPECT_EQ(ParseUploadType("application/json; charset=utf-8").value().kind, Kind::kJson);
  EXPECT_EQ(ParseUploadType("multipart/form-data; boundary=\"a b\"").value().boundary, "a b");
}

TEST(UploadType, NamesWhatIsAllowed) {
  const auto all_three = AllOf(HasSubstr("multipart/form-data"), HasSubstr("image/*"), HasSubstr("application/json"));

  EXPECT_EQ(ParseUploadType(std::nullopt).error().code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(ParseUploadType(std::nullopt).error().message, all_three);
  EXPECT_EQ(ParseUploadType("text/plain").error().code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(ParseUploadType("text/plain").error().message, AllOf(HasSubstr("'text/plain'"), all_three));
}

TEST(UploadType, RefusesABrokenContentTypeOrBoundary) {
  for (const char* text :
       {"", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a\x01\"", "image/png; x"}) {
    EXPECT_EQ(ParseUploadType(text).error().code, ErrorCode::kBadRequest) << text;
  }
}

TEST(Upload, IsTheBodyItself) {
  EXPECT_EQ(Text(Upload::Open({Kind::kRaw, ""}, "bytes").value()), "bytes");
}

TEST(Upload, IsTheFormsFile) {
  const std::string body = "--b\r\nContent-Disposition: form-data; name=file\r\n\r\nbytes\r\n--b--";

  EXPECT_EQ(Text(Upload::Open({Kind::kMultipart, "b"}, body).value()), "bytes");
}

TEST(Upload, IsTheDecodedImageOfAJsonBody) {
  EXPECT_EQ(Text(Upload::Open({Kind::kJson, ""}, R"({"image": "Zm9v"})").value()), "foo");
}

TEST(Upload, KeepsItsPlaceWhenMoved) {
  // Short enough to live inside the string object, whose address changes.
  Upload upload = Upload::Open({Kind::kRaw, ""}, "tiny").value();
  const Upload moved = std::move(upload);

  EXPECT_EQ(Text(moved), "tiny");
}

TEST(Upload, MayBeAnEmptyFileButNotAnEmptyBody) {
  const std::string form = "--b\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--b--";

  EXPECT_EQ(Text(Upload::Open({Kind::kMultipart, "b"}, form).value()), "");
  EXPECT_EQ(Text(Upload::Open({Kind::kJson, ""}, R"({"image": ""})").value()), "");
  EXPECT_EQ(Upload::Open({Kind::kRaw, ""}, "").error().code, ErrorCode::kBadRequest);
}

TEST(Upload, PassesOnWhatIsWrong) {
  EXPECT_EQ(Upload::Open({Kind::kMultipart, "b"}, "rubbish").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(Upload::Open({Kind::kJson, ""}, "rubbish").error().code, ErrorCode::kBadRequest);
  EXPECT_EQ(Upload::Open({Kind::kJson, ""}, R"({"image": "?"})").error().code, ErrorCode::kBadRequest);
}

}  // namespace
}  // namespace doclayout::http
