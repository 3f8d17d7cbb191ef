// Any bytes as the file of API keys, as a list of trusted proxies, and as what such a proxy says of the client.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/clients/address.h"
#include "http/clients/api_keys.h"
#include "http/clients/forwarded.h"

namespace {

namespace http = doclayout::http;

void ReadKeys(std::string_view text) {
  const auto keys = http::ApiKeys::Parse(text);
  if (!keys && keys.error().message.empty()) std::abort();
  if (keys && keys->size() > http::ApiKeys::kMostKeys) std::abort();
  if (keys) keys->Find(text);
}

void ReadAddresses(std::string_view text) {
  const http::Address peer = *http::ParseAddress("10.0.0.1");
  http::RequestHead head;
  head.headers.push_back({"X-Forwarded-For", std::string(text)});
  for (const std::string_view trusted : {"10.0.0.1", "0.0.0.0/0,::/0"}) {
    const http::Address origin = http::OriginOf(peer, head, *http::Networks::Parse(trusted));
    // What is written is read again as the same.
    if (http::ParseAddress(origin.Text()) != origin) std::abort();
  }
  if (const auto networks = http::Networks::Parse(text)) networks->Contains(peer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReadKeys(text);
  ReadAddresses(text);
  return 0;
}
