#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace doclayout::http {

/// How a request carries its document.
struct UploadType {
  enum class Kind { kMultipart, kRaw, kJson };

  Kind kind = Kind::kRaw;
  std::string boundary;  ///< of `kMultipart`
};

/// From the request's Content-Type. `kUnsupportedMedia` for none or another one, `kBadRequest` for a broken one.
/// Thread-safe, takes microseconds.
Result<UploadType> ParseUploadType(std::optional<std::string_view> content_type);

/// The bytes of the document that came with a request. Owns the request's body, or what was decoded from it.
class Upload {
 public:
  /// Finds the document in the body. `kBadRequest` for a body that is not what its type says, or none at all.
  /// Thread-safe; blocks for a pass over the body: not for an I/O thread.
  static Result<Upload> Open(const UploadType& type, std::string body);

  /// May be empty: an empty file in a good form. Valid as long as this object is neither moved nor destroyed.
  std::span<const std::uint8_t> document() const {
    return {reinterpret_cast<const std::uint8_t*>(storage_.data()) + offset_, size_};
  }

 private:
  Upload(std::string storage, std::size_t offset, std::size_t size)
      : storage_(std::move(storage)), offset_(offset), size_(size) {}

  std::string storage_;
  std::size_t offset_;
  std::size_t size_;
};

}  // namespace doclayout::http
