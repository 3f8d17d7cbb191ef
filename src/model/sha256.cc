#include "model/sha256.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

namespace doclayout::model {

std::string Sha256(std::span<const std::uint8_t> bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  std::string text;
  for (unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace doclayout::model
