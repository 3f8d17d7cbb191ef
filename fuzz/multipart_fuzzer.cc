// Any bytes as a multipart/form-data body with the boundary "boundary".
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/analyze/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto parts = doclayout::http::ParseMultipart(body, "boundary", {.max_parts = 8, .max_header_bytes = 256});
  if (!parts) return 0;
  if (parts->size() > 8) std::abort();
  const char* last = body.data();
  for (const auto& part : *parts) {
    // Contents lie within the body, in order and apart, and none holds the boundary that ended it.
    if (part.content.data() < last || part.content.data() + part.content.size() > body.data() + size) std::abort();
    last = part.content.data() + part.content.size();
    if (part.content.find("\r\n--boundary\r\n") != std::string_view::npos) std::abort();
  }
  if (const auto file = doclayout::http::SelectFile(*parts); file && parts->size() != 1) std::abort();
  return 0;
}
