#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "http/clients/api_keys.h"
#include "metrics/registry.h"

namespace doclayout::http {

/// The keys of a file that may change at any time.
///
/// A small thread looks at the file every second and takes what is new. Not inotify: Kubernetes swaps a secret's file
/// by two symbolic links above it, and a watch of the file, or of its folder, sees nothing of that or loses its object;
/// some file systems tell nothing at all. A file that is gone or wrong leaves the keys as they are: the log says why
/// (`api_keys_kept`), once a change, and a metric counts.
///
/// Thread-safe. The logger and the registry must outlive it; one for each registry.
class ApiKeysFile {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  struct Options {
    std::string path;
    Duration period = std::chrono::seconds(1);  ///< between two looks
  };

  /// Reads it and watches it from then on. `kBadParameter` for a file that cannot be read, is over 1 MiB or is wrong.
  static Result<std::unique_ptr<ApiKeysFile>> Open(Options options, Logger& logger, metrics::Registry& registry);

  /// Blocks until a look that goes on is over.
  ~ApiKeysFile();

  ApiKeysFile(const ApiKeysFile&) = delete;
  ApiKeysFile& operator=(const ApiKeysFile&) = delete;

  /// The keys of now, which stay as they are for whoever holds them. Never waits for the file.
  std::shared_ptr<const ApiKeys> keys() const;

  /// Looks at the file now: behind it `keys` has what the file had. Blocks for the file.
  void CheckNow();

 private:
  /// What tells that a file is another one, or was written to. All zero: there is none.
  using Version = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t>;

  ApiKeysFile(Options options, Logger& logger, metrics::Registry& registry);

  static Version VersionOf(const std::string& path);
  void Watch();

  const Options options_;
  Logger& logger_;
  metrics::Counter& reloads_ok_;
  metrics::Counter& reloads_failed_;

  Mutex check_mutex_;  // Before `keys_mutex_`, and held while the file is read.
  Version version_ GUARDED_BY(check_mutex_);

  mutable Mutex keys_mutex_;
  std::shared_ptr<const ApiKeys> keys_ GUARDED_BY(keys_mutex_);

  Mutex stop_mutex_;
  CondVar stop_changed_;
  bool stop_ GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace doclayout::http
