#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <tuple>

namespace doclayout {
namespace {

EVP_MD_CTX* Context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

void Sha256Stream::Free::operator()(void* context) const {
  EVP_MD_CTX_free(Context(context));
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(Context(context_.get()), EVP_sha256(), nullptr) != 1) std::abort();
}

void Sha256Stream::Update(std::span<const std::uint8_t> bytes) {
  if (EVP_DigestUpdate(Context(context_.get()), bytes.data(), bytes.size()) != 1) std::abort();
}

Sha256Bytes Sha256Stream::Bytes() const {
  const std::unique_ptr<void, Free> end(EVP_MD_CTX_new());
  Sha256Bytes digest{};
  static_assert(std::tuple_size_v<Sha256Bytes> == SHA256_DIGEST_LENGTH);
  if (!end || EVP_MD_CTX_copy_ex(Context(end.get()), Context(context_.get())) != 1 ||
      EVP_DigestFinal_ex(Context(end.get()), digest.data(), nullptr) != 1) {
    std::abort();
  }
  return digest;
}

std::string Sha256Stream::Digest() const {
  std::string text;
  for (const std::uint8_t byte : Bytes()) text += fmt::format("{:02x}", byte);
  return text;
}

std::string Sha256(std::span<const std::uint8_t> bytes) {
  Sha256Stream stream;
  stream.Update(bytes);
  return stream.Digest();
}

}  // namespace doclayout
