#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace doclayout {

/// Whether the path is an existing folder. Thread-safe, never fails.
bool IsDirectory(const std::string& path);

/// Whether the path is an existing folder or, ending with a slash, is meant to be one.
bool IsFolder(const std::string& path);

/// Reads a file, a pipe or a device to its end. Blocks; thread-safe. `kBadParameter` for a folder, `kNotFound` for what
/// cannot be opened, `kTooLarge` beyond 1 GiB, `kInternal` for what cannot be read.
Result<std::vector<std::uint8_t>> ReadInputFile(const std::string& name);

}  // namespace doclayout
