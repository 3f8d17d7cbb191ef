#include "http/clients/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/ascii.h"
#include "http/header_value.h"

namespace doclayout::http {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4MappedBits = 96;
constexpr std::size_t kMostNetworks = 1000;

Address Mapped(const in_addr& v4) {
  Address address;
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), address.bytes.begin());
  std::memcpy(address.bytes.data() + kV4Mapped.size(), &v4, sizeof v4);
  return address;
}

/// The address with all bits behind the first `bits` cleared.
Address Masked(Address address, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return address;
}

/// A decimal number from 0 to `most`.
std::optional<int> ParseBits(std::string_view text, int most) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool good = !text.empty() && IsDigit(text.front()) && error == std::errc() && end == text.data() + text.size();
  if (!good || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

bool Address::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), bytes.begin());
}

std::string Address::Text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* const written = is_v4() ? inet_ntop(AF_INET, bytes.data() + kV4Mapped.size(), text.data(), text.size())
                                      : inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return written;
}

std::string Address::ClientText() const {
  constexpr int kHostBits = 64;
  return is_v4() ? Text() : fmt::format("{}/{}", Masked(*this, kHostBits).Text(), kHostBits);
}

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  if (in_addr v4{}; inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return Mapped(v4);
  Address address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<Address> PeerAddress(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return Mapped(v4.sin_addr);
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  Address address;
  std::memcpy(address.bytes.data(), &v6.sin6_addr, address.bytes.size());
  return address;
}

Result<Networks> Networks::Parse(std::string_view list) {
  const auto fail = [](std::string_view text, std::string_view why) {
    return Fail(ErrorCode::kBadParameter, fmt::format("{} {}", Quoted(text), why));
  };
  Networks networks;
  if (Trim(list).empty()) return networks;
  for (const std::string_view part : SplitList(list)) {
    const std::string_view text = Trim(part);
    const std::size_t slash = text.find('/');
    const auto start = ParseAddress(text.substr(0, slash));
    if (!start) return fail(text, "is no address (10.0.0.1, fd00::1) and no range of them (10.0.0.0/8, fd00::/8)");
    Network network{.start = *start};
    if (slash != std::string_view::npos) {
      const int before = start->is_v4() ? kV4MappedBits : 0;
      const auto bits = ParseBits(text.substr(slash + 1), 128 - before);
      if (!bits) return fail(text, fmt::format("has a prefix that is not a number from 0 to {}", 128 - before));
      network.prefix = before + *bits;
    }
    // Somebody who writes 10.1.0.0/8 may have meant another range; who is trusted should not be guessed.
    if (const Address masked = Masked(network.start, network.prefix); masked != network.start) {
      return fail(text, fmt::format("has bits behind its prefix; the range that it is in starts at {}", masked.Text()));
    }
    if (networks.networks_.size() == kMostNetworks) {
      return Fail(ErrorCode::kBadParameter, fmt::format("there are more than {} addresses", kMostNetworks));
    }
    networks.networks_.push_back(network);
  }
  return networks;
}

bool Networks::Contains(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&address](const Network& network) { return Masked(address, network.prefix) == network.start; });
}

}  // namespace doclayout::http
