#include "http/analyze/upload.h"

#include <fmt/format.h>

#include <utility>

#include "http/analyze/base64.h"
#include "http/analyze/json_body.h"
#include "http/analyze/multipart.h"
#include "http/ascii.h"
#include "http/header_value.h"

namespace doclayout::http {
namespace {

constexpr std::string_view kAllowed =
    "allowed are multipart/form-data with a field 'file', an image/* type, application/octet-stream or application/pdf "
    "for the bytes themselves, and application/json with {\"image\": \"<base64>\"}";

}  // namespace

Result<UploadType> ParseUploadType(std::optional<std::string_view> content_type) {
  if (!content_type) {
    return Fail(ErrorCode::kUnsupportedMedia, fmt::format("the request has no Content-Type; {}", kAllowed));
  }
  const std::optional<HeaderValue> value = ParseHeaderValue(*content_type);
  if (!value) {
    return Fail(ErrorCode::kBadRequest, fmt::format("the Content-Type {} is malformed", Quoted(*content_type)));
  }
  if (value->value == "multipart/form-data") {
    const std::string* boundary = value->Find("boundary");
    if (boundary == nullptr || !IsBoundary(*boundary)) {
      return Fail(ErrorCode::kBadRequest,
                  "the Content-Type multipart/form-data needs a boundary of 1 to 70 characters that RFC 2046 allows");
    }
    return UploadType{UploadType::Kind::kMultipart, *boundary};
  }
  if (value->value == "application/json") return UploadType{UploadType::Kind::kJson, {}};
  // A PDF is a raw body too: whether it is read, decode says, in the words that it has for every other format.
  if (value->value.starts_with("image/") || value->value == "application/octet-stream" ||
      value->value == "application/pdf") {
    return UploadType{UploadType::Kind::kRaw, {}};
  }
  return Fail(ErrorCode::kUnsupportedMedia,
              fmt::format("the Content-Type {} is not read; {}", Quoted(value->value), kAllowed));
}

Result<Upload> Upload::Open(const UploadType& type, std::string body) {
  if (body.empty()) return Fail(ErrorCode::kBadRequest, "the request has no body");
  switch (type.kind) {
    case UploadType::Kind::kMultipart: {
      const Result<std::vector<Part>> parts = ParseMultipart(body, type.boundary, MultipartLimits{});
      if (!parts) return Fail(parts.error());
      const Result<std::string_view> file = SelectFile(*parts);
      if (!file) return Fail(file.error());
      const auto offset = static_cast<std::size_t>(file->data() - body.data());
      const std::size_t size = file->size();
      return Upload(std::move(body), offset, size);
    }
    case UploadType::Kind::kJson: {
      Result<std::string> image = ParseJsonBody(body);
      if (!image) return Fail(std::move(image.error()));
      body = std::string();  // Freed before the text is decoded.
      if (Result<void> decoded = DecodeBase64(*image); !decoded) return Fail(std::move(decoded.error()));
      const std::size_t size = image->size();
      return Upload(std::move(*image), 0, size);
    }
    case UploadType::Kind::kRaw:
      break;
  }
  const std::size_t size = body.size();
  return Upload(std::move(body), 0, size);
}

}  // namespace doclayout::http
