#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace doclayout::runtime {

/// A libonnxruntime.so in this process. Once loaded it stays for good: it starts threads of its own.
struct OnnxRuntimeLibrary {
  std::filesystem::path path;  ///< as it was opened: a bare name when the loader's own paths had it
  std::string version;         ///< "1.32.0"
};

/// Loads the library and makes its functions available to the C++ interface (api.h).
///
/// `where` is a file, or a folder that has libonnxruntime.so, libonnxruntime.so.1 or a full version's file, itself or
/// in `lib` or `capi`. Empty: where the loader looks, first in the program's own folders, then in the system's.
///
/// Thread-safe. One process uses one library: after a first one, another is refused. `kBadParameter`, with all
/// paths that were tried, for a library that is missing, not one, another one, or older than 1.21.
Result<OnnxRuntimeLibrary> LoadOnnxRuntimeLibrary(const std::string& where);

}  // namespace doclayout::runtime
