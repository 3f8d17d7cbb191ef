#include "http/analyze/content_disposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace doclayout::http {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view disposition) {
  const auto name = FormFieldName(disposition);
  if (name) return "no error";
  EXPECT_EQ(name.error().code, ErrorCode::kBadRequest);
  return name.error().message;
}

TEST(FormFieldName, IsReadWhateverTheFileNameIs) {
  for (const char* text : {
           R"(form-data; name="file")",
           R"(form-data; name="file"; filename="page.png")",
           R"(form-data;name=file;filename=page.png)",
           R"(Form-Data ; NAME="file" ; FileName="page.png" ;)",
           "form-data; name=\"file\"; filename=\"\xc3\x9f \xe9\xa1\xb5.png\"",    // browsers, curl: UTF-8
           "form-data; name=\"file\"; filename=\"\xdf.png\"",                     // Latin-1
           "form-data; name=\"file\"; filename*=utf-8''%E9%A1%B5%20(1).png",      // urllib3 before 2
           "form-data; name=\"file\"; filename=\"=?UTF-8?Q?Stra=C3=9Fe.png?=\"",  // Spring
           R"(form-data; name="file"; filename="a%22b.png")",                     // browsers, httpx, OkHttp
           R"(form-data; name="file"; filename="a\"b.png")",                      // Go, older curl
           R"(form-data; name="file"; filename="a"b;c.png")",                     // nobody's escape
           R"(form-data; name="file"; filename="C:\Users\me\my page.png")",
           R"(form-data; name="file"; filename="open)",
           R"(form-data; name="file"; filename="ends in a backslash\")",
           R"(form-data; name="file"; filename=my page.png)",
           "form-data; name=\"file\"; filename=\xe9\xa1\xb5.png",
           R"(form-data; name="file"; filename=)",
           R"(form-data; name="file"; filename="a.png"; filename="b.png"; size=3)",
           R"(form-data; filename=my page.png; name="file")",
           R"(form-data; filename="a"b;c.png"; name="file")",
       }) {
    EXPECT_EQ(FormFieldName(text).value_or("an error"), "file") << text;
  }
}

TEST(FormFieldName, IsUnquoted) {
  EXPECT_EQ(FormFieldName(R"(form-data; name="a \"b\"; \\c")").value(), R"(a "b"; \c)");
}

TEST(FormFieldName, IsNotTakenOutOfAFileName) {
  EXPECT_EQ(FormFieldName(R"(form-data; name="file"; filename="a; name=other.png")").value(), "file");
  EXPECT_THAT(ErrorOf(R"(form-data; filename="a; name=other.png")"), HasSubstr("no name"));
}

TEST(FormFieldName, MustBeThereOnceAndWhole) {
  EXPECT_THAT(ErrorOf("form-data"), HasSubstr("no name"));
  EXPECT_THAT(ErrorOf("form-data; name"), HasSubstr("no name"));
  EXPECT_THAT(ErrorOf("form-data; name=a; name=b"), HasSubstr("two names"));
  EXPECT_THAT(ErrorOf("form-data; filename=a; name=b; name=b"), HasSubstr("two names"));
  for (const char* text : {"form-data; name=", "form-data; name=\"open", "form-data; name=a b",
                           "form-data; name=\"a\"b", "form-data; name=\xc3\xa4"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("neither a quoted text nor a token")) << text;
  }
}

TEST(FormFieldName, BelongsToFormDataOnly) {
  for (const char* text : {"", "attachment; name=file", "form-data2; name=file", "name=file"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("not form-data")) << text;
  }
}

}  // namespace
}  // namespace doclayout::http
