#include "runtime/onnxruntime/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/thread_annotations.h"
#include "runtime/onnxruntime/api.h"

namespace doclayout::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "libonnxruntime.so";

/// Of the headers that this is built with.
constexpr std::string_view kOldest = "1.21";
static_assert(ORT_API_VERSION == 21);

/// The library's file in a folder; of several versions the last by name.
std::optional<fs::path> FindIn(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kName, error)) return folder / kName;
  std::optional<fs::path> found;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(std::string(kName) + ".") && (!found || *found < entry->path())) found = entry->path();
  }
  return found;
}

/// What may be tried, in order. Bare names are looked up by the loader: first in the program's RPATH, which in a build
/// folder has the library that scripts/bootstrap.sh unpacked.
std::vector<fs::path> Candidates(const std::string& where) {
  if (where.empty()) return {fs::path(kName), fs::path(std::string(kName) + ".1")};
  std::error_code error;
  if (!fs::is_directory(where, error)) return {fs::path(where)};
  for (const char* inside : {"", "lib", "capi"}) {
    if (auto found = FindIn(fs::path(where) / inside)) return {std::move(*found)};
  }
  return {};
}

std::string LoaderError() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error";
}

/// A library whose functions are not in use yet.
struct Opened {
  void* handle = nullptr;
  const OrtApi* api = nullptr;
  std::string version;
};

Error Unusable(const fs::path& path, std::string_view why) {
  return {ErrorCode::kBadParameter, fmt::format("'{}' cannot be used as ONNX Runtime: {}", path.string(), why)};
}

Result<Opened> Open(const fs::path& path) {
  // A path that has no slash would be looked up; one that was given is that file.
  std::error_code error;
  const bool given = path.has_parent_path() || fs::exists(path, error);
  void* handle = dlopen(given ? fs::absolute(path).c_str() : path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return Fail(Unusable(path, LoaderError()));
  using GetApiBase = const OrtApiBase* (*)() noexcept;
  const auto get_api_base = reinterpret_cast<GetApiBase>(dlsym(handle, "OrtGetApiBase"));
  if (get_api_base == nullptr) {
    dlclose(handle);
    return Fail(Unusable(path, "it has no function OrtGetApiBase"));
  }
  const OrtApiBase* base = get_api_base();
  Opened opened{.handle = handle, .api = base->GetApi(ORT_API_VERSION), .version = base->GetVersionString()};
  if (opened.api == nullptr) {
    dlclose(handle);
    return Fail(Unusable(path, fmt::format("it is version {}, and {} or newer is needed", opened.version, kOldest)));
  }
  return opened;
}

/// The library of this process: its functions are global in the C++ interface, so there can be one.
class ProcessLibrary {
 public:
  Result<OnnxRuntimeLibrary> Use(const fs::path& path) {
    const MutexLock lock(mutex_);
    std::error_code error;
    if (library_ && (library_->path == path || fs::equivalent(library_->path, path, error))) return *library_;
    Result<Opened> opened = Open(path);
    if (!opened) return Fail(std::move(opened.error()));
    if (library_) {
      dlclose(opened->handle);
      return Fail(Unusable(path, fmt::format("'{}' is in use already", library_->path.string())));
    }
    Ort::InitApi(opened->api);
    library_ = OnnxRuntimeLibrary{.path = path, .version = std::move(opened->version)};
    return *library_;
  }

 private:
  Mutex mutex_;
  std::optional<OnnxRuntimeLibrary> library_ GUARDED_BY(mutex_);
};

}  // namespace

Result<OnnxRuntimeLibrary> LoadOnnxRuntimeLibrary(const std::string& where) {
  static ProcessLibrary process;
  std::vector<std::string> failures;
  for (const fs::path& path : Candidates(where)) {
    Result<OnnxRuntimeLibrary> library = process.Use(path);
    if (library) return library;
    failures.push_back(std::move(library.error().message));
  }
  if (failures.empty()) {
    failures.push_back(fmt::format("there is no {} in '{}', nor in its folders lib and capi", kName, where));
  }
  return Fail(ErrorCode::kBadParameter, fmt::format("{}", fmt::join(failures, "; ")));
}

}  // namespace doclayout::runtime
