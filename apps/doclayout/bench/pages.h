#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace doclayout::bench {

/// Bodies of requests, ready to be sent. A value.
struct Pages {
  std::vector<std::vector<std::uint8_t>> bodies;  ///< at least one
  std::string content_type;
  std::size_t bytes = 0;
};

/// Reads files and the images of folders (not of folders in them; by name, in its order). `multipart`: each becomes a
/// form with one field, `file`; else they are sent as they are. Blocks. `kBadParameter` naming what cannot be read, a
/// folder without images, or more than 1 GiB in all.
Result<Pages> ReadPages(const std::vector<std::string>& names, bool multipart);

}  // namespace doclayout::bench
