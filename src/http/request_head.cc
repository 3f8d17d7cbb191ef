#include "http/request_head.h"

#include <algorithm>

#include "http/ascii.h"

namespace doclayout::http {

std::optional<std::string_view> RequestHead::Find(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return EqualsIgnoreCase(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

std::size_t RequestHead::Count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const Header& header) { return EqualsIgnoreCase(header.name, name); }));
}

}  // namespace doclayout::http
