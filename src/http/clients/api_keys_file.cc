#include "http/clients/api_keys_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace doclayout::http {
namespace {

constexpr std::string_view kReloads = "pp_doclayout_api_keys_reloads_total";
constexpr std::string_view kReloadsHelp = "Changes of the file of API keys, by whether its keys were taken";

struct Close {
  int descriptor;
  ~Close() { close(descriptor); }
};

tl::unexpected<Error> Unreadable(std::string_view why) {
  return Fail(ErrorCode::kBadParameter, fmt::format("it cannot be read: {}", why));
}

Result<std::string> ReadFile(const std::string& path) {
  // Without waiting: a pipe without a writer would hold the opening up for ever.
  const Close file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.descriptor < 0) return Unreadable(strerrordesc_np(errno));
  struct stat status{};
  if (fstat(file.descriptor, &status) != 0) return Unreadable(strerrordesc_np(errno));
  if (!S_ISREG(status.st_mode)) return Unreadable("it is no file");
  std::string text(ApiKeysFile::kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.descriptor, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(strerrordesc_np(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > ApiKeysFile::kMostBytes) {
    return Fail(ErrorCode::kBadParameter, fmt::format("it has more than {} bytes", ApiKeysFile::kMostBytes));
  }
  text.resize(size);
  return text;
}

Result<std::shared_ptr<const ApiKeys>> Load(const std::string& path) {
  const Result<std::string> text = ReadFile(path);
  if (!text) return Fail(text.error());
  Result<ApiKeys> keys = ApiKeys::Parse(*text);
  if (!keys) return Fail(std::move(keys.error()));
  return std::make_shared<const ApiKeys>(std::move(*keys));
}

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

ApiKeysFile::ApiKeysFile(Options options, Logger& logger, metrics::Registry& registry)
    : options_(std::move(options)),
      logger_(logger),
      reloads_ok_(registry.AddCounter(std::string(kReloads), std::string(kReloadsHelp), {{"outcome", "ok"}})),
      reloads_failed_(registry.AddCounter(std::string(kReloads), std::string(kReloadsHelp), {{"outcome", "failed"}})) {}

Result<std::unique_ptr<ApiKeysFile>> ApiKeysFile::Open(Options options, Logger& logger, metrics::Registry& registry) {
  // First, as in `Look`.
  const Version version = VersionOf(options.path);
  Result<std::shared_ptr<const ApiKeys>> keys = Load(options.path);
  if (!keys) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the file of API keys '{}' is not usable: {}", options.path, keys.error().message));
  }
  std::unique_ptr<ApiKeysFile> file(new ApiKeysFile(std::move(options), logger, registry));
  file->SetKeys(std::move(*keys));
  file->thread_ = std::thread([&watched = *file, version] { watched.Watch(version); });
  return file;
}

ApiKeysFile::~ApiKeysFile() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const ApiKeys> ApiKeysFile::keys() const {
  const MutexLock lock(keys_mutex_);
  return keys_;
}

void ApiKeysFile::SetKeys(std::shared_ptr<const ApiKeys> keys) {
  const MutexLock lock(keys_mutex_);
  keys_ = std::move(keys);
}

void ApiKeysFile::CheckNow() {
  const MutexLock lock(mutex_);
  const std::uint64_t mine = ++wanted_;
  changed_.NotifyAll();
  while (done_ < mine) changed_.Wait(mutex_);
}

ApiKeysFile::Version ApiKeysFile::VersionOf(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  // The change time too: it cannot be set back, as `cp --preserve` does with the other.
  return {status.st_dev, status.st_ino, status.st_size, Nanoseconds(status.st_mtim), Nanoseconds(status.st_ctim)};
}

void ApiKeysFile::Watch(Version version) {
  for (std::uint64_t looks = 0;;) {
    {
      const MutexLock lock(mutex_);
      done_ = looks;
      changed_.NotifyAll();
      const TimePoint next = std::chrono::steady_clock::now() + options_.period;
      while (!stop_ && wanted_ == done_ && std::chrono::steady_clock::now() < next) {
        changed_.WaitFor(mutex_, next - std::chrono::steady_clock::now());
      }
      if (stop_) return;
      looks = wanted_;
    }
    Look(version);
  }
}

/// Takes what is new since `version`, and sets that to what the file has now.
void ApiKeysFile::Look(Version& version) {
  // Before it is read: what is written meanwhile is then a change for the next look.
  const Version now = VersionOf(options_.path);
  if (now == version) return;
  version = now;
  Result<std::shared_ptr<const ApiKeys>> keys = Load(options_.path);
  if (!keys) {
    reloads_failed_.Increment();
    logger_.Write(LogLevel::kError, "api_keys_kept", {{"file", options_.path}, {"reason", keys.error().message}});
    return;
  }
  const auto count = static_cast<long long>((*keys)->size());
  SetKeys(std::move(*keys));
  reloads_ok_.Increment();
  logger_.Write(LogLevel::kInfo, "api_keys_reloaded", {{"file", options_.path}, {"keys", count}});
}

}  // namespace doclayout::http
