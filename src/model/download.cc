#include "model/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/curl_handles.h"

namespace doclayout::model {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// How an attempt ended, if not well.
struct Fault {
  Error error;
  bool again = false;                ///< another attempt may do
  bool useless = false;              ///< what was received is of no use to a later run either
  std::optional<Milliseconds> wait;  ///< that the server asked for
};
using Outcome = std::optional<Fault>;

bool StartsWithName(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(),
                    [](char a, char b) { return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b))); });
}

std::string ValueOf(std::string_view line, std::string_view name) {
  line.remove_prefix(name.size() + 1);
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = std::min(line.find_first_not_of(kSpace), line.size());
  const std::size_t end = line.find_last_not_of(kSpace) + 1;
  return std::string(line.substr(begin, begin < end ? end - begin : 0));
}

std::optional<std::uint64_t> NumberAt(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return std::nullopt;
  return number;
}

/// Of "bytes 100-199/1000": 100; nullopt for anything else.
std::optional<std::uint64_t> RangeStart(std::string_view content_range) {
  constexpr std::string_view kUnit = "bytes ";
  if (!content_range.starts_with(kUnit)) return std::nullopt;
  return NumberAt(content_range.substr(kUnit.size()));
}

/// Of "bytes */1000", which comes with 416: 1000.
std::optional<std::uint64_t> WholeLength(std::string_view content_range) {
  constexpr std::string_view kUnit = "bytes */";
  if (!content_range.starts_with(kUnit)) return std::nullopt;
  return NumberAt(content_range.substr(kUnit.size()));
}

/// A URL's download, attempt after attempt.
class Transfer {
 public:
  Transfer(const std::string& url, PartFile& part, const DownloadOptions& options, const DownloadHooks& hooks)
      : url_(url), printable_(PrintableUrl(url)), part_(part), options_(options), hooks_(hooks) {}

  /// nullopt: the server sent all that it has.
  Outcome Attempt() {
    const CurlEasy handle(curl_easy_init());
    if (!handle) return Fault{{ErrorCode::kInternal, "the download cannot be started: no memory"}};
    easy_ = handle.get();
    offset_ = part_.size();
    judged_ = false;
    stop_.reset();
    message_.fill('\0');
    const auto headers = SetUp();
    const CURLcode code = curl_easy_perform(easy_);
    if (stop_) return stop_;
    return Judge(code);
  }

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    // Options of the wrong kind do not compile; what may fail here is memory, and then the transfer does.
    curl_easy_setopt(easy_, option, value);
  }

  CurlList SetUp() {
    Set(CURLOPT_URL, url_.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_FOLLOWLOCATION, 1L);
    Set(CURLOPT_MAXREDIRS, 10L);
    Set(CURLOPT_FAILONERROR, 1L);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_NOPROGRESS, 1L);
    Set(CURLOPT_USERAGENT, "doclayout");
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    Set(CURLOPT_LOW_SPEED_LIMIT, 1024L);
    Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
    Set(CURLOPT_ERRORBUFFER, message_.data());
    Set(CURLOPT_HEADERFUNCTION, &OnHeader);
    Set(CURLOPT_HEADERDATA, this);
    Set(CURLOPT_WRITEFUNCTION, &OnBody);
    Set(CURLOPT_WRITEDATA, this);
    if (const char* authorities = std::getenv("SSL_CERT_FILE")) Set(CURLOPT_CAINFO, authorities);
    if (offset_ == 0) return nullptr;
    Set(CURLOPT_RANGE, fmt::format("{}-", offset_).c_str());
    if (validator_.empty()) return nullptr;
    // Of another file by now the server then sends all, and not a part that fits to nothing.
    CurlList list(curl_slist_append(nullptr, fmt::format("If-Range: {}", validator_).c_str()));
    Set(CURLOPT_HTTPHEADER, list.get());
    return list;
  }

  static std::size_t OnHeader(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    static_cast<Transfer*>(self)->ReadHeader({data, size});
    return size;
  }

  static std::size_t OnBody(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data);
    return static_cast<Transfer*>(self)->ReadBody({bytes, size}) ? size : 0;
  }

  void ReadHeader(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // of a redirect, or of the answer itself
      content_range_.clear();
      etag_.clear();
    }
    if (StartsWithName(line, "content-range")) content_range_ = ValueOf(line, "content-range");
    if (StartsWithName(line, "etag")) etag_ = ValueOf(line, "etag");
  }

  bool Stop(Fault fault) {
    stop_ = std::move(fault);
    return false;
  }

  long Status() const {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  /// Once an attempt, when the answer's head is there.
  bool JudgeHead() {
    judged_ = true;
    const long status = Status();
    if (status != 200 && status != 206) {
      return Stop({.error = {ErrorCode::kInternal, fmt::format("{} answered {}", printable_, status)}});
    }
    if (status == 200 && offset_ > 0) {  // it does no ranges, or has another file by now
      if (auto good = part_.Restart(); !good) return Stop({.error = std::move(good.error()), .useless = true});
      offset_ = 0;
    }
    if (status == 206 && RangeStart(content_range_) != offset_) {
      const std::string fault = fmt::format("{} answered with another range than was asked for", printable_);
      if (auto good = part_.Restart(); !good) return Stop({.error = std::move(good.error()), .useless = true});
      return Stop({.error = {ErrorCode::kInternal, fault}, .again = true});
    }
    validator_ = etag_.starts_with('"') ? etag_ : "";  // a weak one tells nothing of bytes
    curl_off_t length = -1;
    curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = length < 0 ? 0 : offset_ + static_cast<std::uint64_t>(length);
    if (total_ > options_.most_bytes ||
        (total_ > 0 && options_.expected_bytes > 0 && total_ != options_.expected_bytes)) {
      return Stop(WrongLength(fmt::format("has {} bytes", total_)));
    }
    return true;
  }

  Fault WrongLength(std::string_view found) const {
    const std::string allowed = options_.expected_bytes > 0 ? fmt::format("the model has {}", options_.expected_bytes)
                                                            : fmt::format("at most {} are taken", options_.most_bytes);
    return {.error = {ErrorCode::kTooLarge, fmt::format("what {} serves {}; {}", printable_, found, allowed)},
            .useless = true};
  }

  bool ReadBody(std::span<const std::uint8_t> bytes) {
    if (!judged_ && !JudgeHead()) return false;
    const std::uint64_t most = options_.expected_bytes > 0 ? options_.expected_bytes : options_.most_bytes;
    if (bytes.size() > most || part_.size() > most - bytes.size()) {
      return Stop(WrongLength(fmt::format("has more than {} bytes", most)));
    }
    if (auto good = part_.Append(bytes); !good) return Stop({.error = std::move(good.error()), .useless = true});
    if (hooks_.on_progress) hooks_.on_progress(part_.size(), total_);
    return true;
  }

  Outcome Judge(CURLcode code) {
    if (code == CURLE_OK) {
      // An answer without a body never came to ReadBody.
      if (!judged_ && !JudgeHead()) return stop_;
      return std::nullopt;
    }
    const long status = Status();
    if (code == CURLE_HTTP_RETURNED_ERROR) return JudgeStatus(status);
    const std::string_view detail = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    // Where a server sent us to is not the user's mistake.
    long redirects = 0;
    curl_easy_getinfo(easy_, CURLINFO_REDIRECT_COUNT, &redirects);
    const bool users = code == CURLE_URL_MALFORMAT && redirects == 0 && status == 0;
    return Fault{
        .error = {users ? ErrorCode::kBadParameter : ErrorCode::kInternal, fmt::format("{}: {}", printable_, detail)},
        .again = MayPass(code)};
  }

  Outcome JudgeStatus(long status) {
    if (status == 416 && offset_ > 0) {
      if (WholeLength(content_range_) == offset_) return std::nullopt;  // all of it was there before
      if (auto good = part_.Restart(); !good) return Fault{.error = std::move(good.error()), .useless = true};
      return Fault{.error = {ErrorCode::kInternal, fmt::format("{} has less than was there", printable_)},
                   .again = true};
    }
    const bool gone = status == 404 || status == 410;
    const bool again = status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds);
    Fault fault{.error = {gone ? ErrorCode::kNotFound : ErrorCode::kInternal,
                          fmt::format("{} answered {}", printable_, status)},
                .again = again};
    if (seconds > 0) fault.wait = std::chrono::seconds(std::min<curl_off_t>(seconds, 3600));
    return fault;
  }

  const std::string& url_;
  const std::string printable_;
  PartFile& part_;
  const DownloadOptions& options_;
  const DownloadHooks& hooks_;

  CURL* easy_ = nullptr;      ///< of this attempt, as all below but the last
  std::uint64_t offset_ = 0;  ///< where the answer begins in the file
  std::uint64_t total_ = 0;
  bool judged_ = false;
  Outcome stop_;
  std::string content_range_;
  std::string etag_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::string validator_;  ///< of the file that the part is of, as the server told it in this process
};

Milliseconds WaitBefore(int attempt, const Fault& fault, const DownloadOptions& options) {
  const Milliseconds backoff = options.backoff * (1LL << std::min(attempt - 1, 16));
  return std::min(std::max(backoff, fault.wait.value_or(Milliseconds(0))), options.longest_wait);
}

}  // namespace

std::string PrintableUrl(const std::string& url) {
  const CurlUrl parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "the URL";
  curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return "the URL";
  const CurlText owner(text);
  return text;
}

Result<void> Download(const std::string& url, PartFile& part, const DownloadOptions& options,
                      const DownloadHooks& hooks) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady != CURLE_OK) return Fail(ErrorCode::kInternal, "the library for downloads cannot be started");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Fail(ErrorCode::kBadParameter, "the address of a model begins with http:// or https://");
  }
  constexpr std::uint64_t kProgress = 1U << 20;
  Transfer transfer(url, part, options, hooks);
  std::uint64_t most = part.size();
  for (int attempt = 1;; ++attempt) {
    const Outcome fault = transfer.Attempt();
    if (!fault) return {};
    if (fault->useless) part.Discard();
    if (!fault->again) return Fail(fault->error);
    if (part.size() >= most + kProgress) attempt = 1;
    most = std::max(most, part.size());
    if (attempt >= options.attempts) {
      return Fail(fault->error.code, fmt::format("{}, {} times in a row", fault->error.message, attempt));
    }
    const Milliseconds wait = WaitBefore(attempt, *fault, options);
    if (hooks.on_retry) hooks.on_retry(fault->error.message, wait);
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace doclayout::model
