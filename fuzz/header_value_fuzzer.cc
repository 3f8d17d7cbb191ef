// Any bytes as the value of a header: with parameters, as a list, and as the type of an upload.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/analyze/multipart.h"
#include "http/analyze/upload.h"
#include "http/ascii.h"
#include "http/header_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = doclayout::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto value = http::ParseHeaderValue(text)) {
    if (value->value.empty()) std::abort();
    std::size_t length = value->value.size();
    for (const auto& [name, parameter] : value->parameters) {
      // Each name once, in lower case: Find sees the one that is there.
      if (!http::IsToken(name) || name != http::LowerCase(name)) std::abort();
      if (value->Find(name) != &parameter) std::abort();
      length += name.size() + parameter.size();
    }
    if (length > size) std::abort();
  }

  const char* last = text.data();
  for (const std::string_view part : http::SplitList(text)) {
    if (part.empty()) continue;
    if (part.data() < last || part.data() + part.size() > text.data() + size) std::abort();
    last = part.data() + part.size();
  }

  const auto type = http::ParseUploadType(text);
  if (type && type->kind == http::UploadType::Kind::kMultipart && !http::IsBoundary(type->boundary)) std::abort();
  return 0;
}
