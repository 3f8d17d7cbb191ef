#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::http {

/// An IP address. IPv4 is held as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), so that a caller is the same one whichever kind
/// of socket it came to. A plain value.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  bool is_v4() const;

  /// "10.0.0.1", "2001:db8::1".
  std::string Text() const;

  /// What one caller is told apart by: an IPv4 address; of IPv6 the /64, "2001:db8:0:1::/64", because each host there
  /// has 2^64 addresses to choose from.
  std::string ClientText() const;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Nullopt for what is no numeric address. No zone ("fe80::1%eth0"), no brackets, no port. Thread-safe.
std::optional<Address> ParseAddress(std::string_view text);

/// The other end of a connected socket; nullopt when it has gone, or is not an IP one. Does not block.
std::optional<Address> PeerAddress(int socket);

/// Ranges of addresses. Immutable, thread-safe.
class Networks {
 public:
  Networks() = default;

  /// "10.0.0.0/8, 192.0.2.1, fd00::/8": addresses and CIDR ranges, at most 1,000; empty for none. `kBadParameter` names
  /// what is neither, or has bits behind its prefix.
  static Result<Networks> Parse(std::string_view list);

  bool Contains(const Address& address) const;

 private:
  struct Network {
    Address start;
    int prefix = 128;  ///< bits of the address as IPv6
  };

  std::vector<Network> networks_;
};

}  // namespace doclayout::http
