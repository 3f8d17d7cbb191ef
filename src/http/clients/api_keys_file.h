#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
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

  /// Has the thread look at the file now, and blocks until it has: then `keys` has what the file had.
  void CheckNow();

 private:
  /// What tells that a file is another one, or was written to. All zero: there is none.
  using Version = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t>;

  ApiKeysFile(Options options, Logger& logger, metrics::Registry& registry);

  static Version VersionOf(const std::string& path);
  void Watch(Version version);
  void Look(Version& version);
  void SetKeys(std::shared_ptr<const ApiKeys> keys);

  const Options options_;
  Logger& logger_;
  metrics::Counter& reloads_ok_;
  metrics::Counter& reloads_failed_;

  // Neither is held while the file is looked at.
  mutable Mutex keys_mutex_;
  std::shared_ptr<const ApiKeys> keys_ GUARDED_BY(keys_mutex_);

  Mutex mutex_;
  CondVar changed_;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::uint64_t wanted_ GUARDED_BY(mutex_) = 0;  // looks that were asked for
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;    // and those of them that are over
  std::thread thread_;
};

}  // namespace doclayout::http
