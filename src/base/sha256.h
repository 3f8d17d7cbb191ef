#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace doclayout {

/// A digest's 32 bytes.
using Sha256Bytes = std::array<std::uint8_t, 32>;

/// SHA-256 of bytes that come one piece after another. Not thread-safe; different ones on different threads do not mix.
/// Aborts when there is no memory for its 200 bytes of state.
class Sha256Stream {
 public:
  Sha256Stream();

  void Update(std::span<const std::uint8_t> bytes);

  /// Of all that was given so far; more may follow.
  Sha256Bytes Bytes() const;

  /// The same as 64 lower-case hexadecimal digits.
  std::string Digest() const;

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;  ///< an `EVP_MD_CTX`
};

/// The same of bytes that are all there. Thread-safe.
std::string Sha256(std::span<const std::uint8_t> bytes);

}  // namespace doclayout
