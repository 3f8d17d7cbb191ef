#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "base/curl_handles.h"
#include "tracing/collector.h"

namespace doclayout::tracing {
namespace {

/// Of an answer's body: what is behind is not read. One that says what was rejected is short.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 10;

/// Of Retry-After, before the caller's own bound: no number overflows behind it.
constexpr curl_off_t kLongestRetryAfter = 24L * 3600;

/// libcurl's multi interface with one transfer at a time: unlike the easy one, it can be woken by another thread.
class HttpCollector final : public Collector {
 public:
  explicit HttpCollector(CollectorOptions options)
      : options_(std::move(options)), multi_(curl_multi_init()), headers_(MakeHeaders(options_.headers)) {}

  bool complete() const { return multi_ != nullptr && headers_ != nullptr; }

  Answer Post(const std::string& body) override {
    const CurlEasy easy(curl_easy_init());
    if (!easy) return {.fault = "no memory for a request"};
    answer_ = {};
    message_.fill('\0');
    SetUp(easy.get(), body);
    if (curl_multi_add_handle(multi_.get(), easy.get()) != CURLM_OK) return {.fault = "no memory for a request"};
    const CURLcode code = Perform();
    Judge(easy.get(), code);
    curl_multi_remove_handle(multi_.get(), easy.get());
    return std::move(answer_);
  }

  std::string name() const override { return PrintableUrl(options_.url); }

  void Abandon() override {
    abandoned_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  /// Null when there is no memory.
  static CurlList MakeHeaders(const Headers& headers) {
    // Without the empty "Expect", large bodies wait for an answer that not every server gives.
    std::vector<std::string> lines{"Content-Type: application/json", "Expect:"};
    // A header without a value is written with ';' for libcurl, which takes "name:" for one to be left out.
    for (const auto& [name, value] : headers) lines.push_back(value.empty() ? name + ";" : name + ": " + value);
    CurlList list;
    for (const std::string& line : lines) {
      curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
      if (longer == nullptr) return nullptr;
      if (!list) list.reset(longer);  // later lines are put behind the first
    }
    return list;
  }

  void SetUp(CURL* easy, const std::string& body) {
    const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
    set(CURLOPT_URL, options_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_POSTFIELDS, body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_USERAGENT, "doclayout");
    set(CURLOPT_NOSIGNAL, 1L);
    // A name server that hangs would otherwise hold up the end of the request, whatever its timeout.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_WRITEFUNCTION, &OnBody);
    set(CURLOPT_WRITEDATA, this);
    if (const char* authorities = std::getenv("SSL_CERT_FILE")) set(CURLOPT_CAINFO, authorities);
  }

  static std::size_t OnBody(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    std::string& body = static_cast<HttpCollector*>(self)->answer_.body;
    body.append(data, std::min(size, kLongestAnswer - body.size()));
    return size;
  }

  /// CURLE_ABORTED_BY_CALLBACK once abandoned.
  CURLcode Perform() const {
    constexpr int kPollMilliseconds = 1000;  // libcurl's own timers end it sooner
    int running = 1;
    while (running > 0) {
      if (abandoned_) return CURLE_ABORTED_BY_CALLBACK;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      if (running > 0 && curl_multi_poll(multi_.get(), nullptr, 0, kPollMilliseconds, nullptr) != CURLM_OK) {
        return CURLE_OUT_OF_MEMORY;
      }
    }
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
    return message != nullptr ? message->data.result : CURLE_OUT_OF_MEMORY;
  }

  void Judge(CURL* easy, CURLcode code) {
    if (code == CURLE_ABORTED_BY_CALLBACK) {
      answer_ = {.fault = "it had not answered when the process ended", .may_pass = false};
      return;
    }
    if (code != CURLE_OK) {
      answer_ = {.fault = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code), .may_pass = MayPass(code)};
      return;
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) answer_.retry_after = std::chrono::seconds(std::min(seconds, kLongestRetryAfter));
  }

  const CollectorOptions options_;
  const CurlMulti multi_;
  const CurlList headers_;
  std::atomic<bool> abandoned_ = false;

  Answer answer_;  ///< of the request under way, as all below
  std::array<char, CURL_ERROR_SIZE> message_{};
};

/// Nothing for what is no URL of http or https.
CurlUrl ParseUrl(const std::string& text) {
  CurlUrl url(curl_url());
  if (!text.starts_with("http://") && !text.starts_with("https://")) return nullptr;
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

}  // namespace

Result<std::unique_ptr<Collector>> ConnectLater(CollectorOptions options) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady != CURLE_OK) return Fail(ErrorCode::kInternal, "the library that sends spans cannot be started");
  if (!ParseUrl(options.url)) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the address of the collector is {}; allowed is a URL like http://localhost:4318/v1/traces",
                            PrintableUrl(options.url)));
  }
  auto collector = std::make_unique<HttpCollector>(std::move(options));
  if (!collector->complete()) return Fail(ErrorCode::kInternal, "there is no memory to send spans");
  return collector;
}

std::string PrintableUrl(const std::string& url) {
  const auto parsed = ParseUrl(url);
  if (!parsed) return "no URL";
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return "no URL";
  const CurlText owner(text);
  return text;
}

}  // namespace doclayout::tracing
