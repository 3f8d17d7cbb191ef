// Any bytes as a JSON body, and what comes out of it as base64.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/analyze/base64.h"
#include "http/analyze/json_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto image = doclayout::http::ParseJsonBody({reinterpret_cast<const char*>(data), size});
  if (!image) return 0;
  if (image->size() > size) std::abort();
  const std::size_t text_size = image->size();
  if (doclayout::http::DecodeBase64(*image) && image->size() > text_size / 4 * 3) std::abort();
  return 0;
}
