// Any bytes as the query of /analyze.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/analyze/analyze_query.h"
#include "http/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view encoded(reinterpret_cast<const char*>(data), size);
  const auto parameters = doclayout::http::ParseQuery(encoded);
  const auto query = doclayout::http::ParseAnalyzeQuery(encoded);
  if (!query) return 0;
  if (!parameters) std::abort();
  const auto threshold = query->parameters.threshold;
  if (threshold && !(*threshold >= 0 && *threshold <= 1)) std::abort();
  return 0;
}
