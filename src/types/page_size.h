#pragma once

namespace doclayout {

/// Size of a page in pixels. A plain value.
struct PageSize {
  int width = 0;
  int height = 0;

  friend bool operator==(const PageSize&, const PageSize&) = default;
};

}  // namespace doclayout
