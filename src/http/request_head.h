#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doclayout::http {

struct Header {
  std::string name;
  std::string value;
};

/// A request without its body, as it came. A plain value.
struct RequestHead {
  std::string method;
  std::string target;
  int version = 11;  ///< 10 or 11
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;  ///< the caller lets the connection stay open

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }

  /// The value of the first header of that name; case does not matter. Valid as long as this object.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::size_t Count(std::string_view name) const;
};

}  // namespace doclayout::http
