#include "http/clients/forwarded.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

/// More than any chain of proxies has; each is compared with every trusted network.
constexpr int kMostHops = 32;

/// An address as proxies write it: bare, in brackets, and with a port behind it ("192.0.2.1:80", "[2001:db8::1]:80").
std::optional<Address> ParseHop(std::string_view text) {
  if (text.starts_with('[')) return ParseAddress(text.substr(1, std::min(text.find(']'), text.size()) - 1));
  const std::size_t colon = text.find(':');
  const bool v4_with_port = colon != std::string_view::npos && colon == text.rfind(':');
  return ParseAddress(v4_with_port ? text.substr(0, colon) : text);
}

}  // namespace

Address OriginOf(const Address& peer, const RequestHead& head, const Networks& trusted_proxies) {
  if (!trusted_proxies.Contains(peer)) return peer;
  Address origin = peer;
  int hops = 0;
  // Several lines of one header are one list (RFC 9110, 5.3).
  for (auto header = head.headers.rbegin(); header != head.headers.rend(); ++header) {
    if (!EqualsIgnoreCase(header->name, "X-Forwarded-For")) continue;
    std::string_view list = header->value;
    for (bool more = true; more;) {
      const std::size_t comma = list.rfind(',');
      more = comma != std::string_view::npos;
      const auto hop = ParseHop(Trim(more ? list.substr(comma + 1) : list));
      if (!hop || ++hops > kMostHops) return peer;
      if (!trusted_proxies.Contains(*hop)) return *hop;
      origin = *hop;
      if (more) list = list.substr(0, comma);
    }
  }
  return origin;
}

}  // namespace doclayout::http
