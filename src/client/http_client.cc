#include "client/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <initializer_list>

#include "base/curl_handles.h"

namespace doclayout::client {
namespace {

/// Of Retry-After, before the caller's own bound: no number overflows behind it.
constexpr curl_off_t kLongestRetryAfter = 24L * 3600;

/// libcurl's multi interface with one transfer at a time: unlike the easy one, it can be woken by another thread.
class CurlClient final : public HttpClient {
 public:
  CurlClient() : multi_(curl_multi_init()) {}

  bool complete() const { return multi_ != nullptr; }

  Answer Send(const Request& request) override {
    const CurlEasy easy(curl_easy_init());
    const CurlList headers = MakeHeaders(request);
    if (!easy || !headers) return {.fault = "no memory for a request"};
    answer_ = {};
    message_.fill('\0');
    longest_answer_ = request.longest_answer;
    SetUp(easy.get(), request, headers.get());
    if (curl_multi_add_handle(multi_.get(), easy.get()) != CURLM_OK) return {.fault = "no memory for a request"};
    const CURLcode code = Perform();
    Judge(easy.get(), code);
    curl_multi_remove_handle(multi_.get(), easy.get());
    return std::move(answer_);
  }

  void Abandon() override {
    abandoned_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  /// Null when there is no memory.
  static CurlList MakeHeaders(const Request& request) {
    // Without the empty "Expect", large bodies wait for an answer that not every server gives.
    std::vector<std::string> lines{"Expect:"};
    if (request.body != nullptr) lines.emplace_back("Content-Type: application/json");
    // A header without a value is written with ';' for libcurl, which takes "name:" for one to be left out.
    for (const auto& [name, value] : request.headers) {
      lines.push_back(value.empty() ? name + ";" : name + ": " + value);
    }
    CurlList list;
    for (const std::string& line : lines) {
      curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
      if (longer == nullptr) return nullptr;
      if (!list) list.reset(longer);  // later lines are put behind the first
    }
    return list;
  }

  void SetUp(CURL* easy, const Request& request, curl_slist* headers) {
    const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTPHEADER, headers);
    if (request.body != nullptr) {
      set(CURLOPT_POSTFIELDS, request.body->data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    }
    if (request.fresh_connection) {
      set(CURLOPT_FRESH_CONNECT, 1L);
      set(CURLOPT_FORBID_REUSE, 1L);
    }
    if (!request.proxies) set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_USERAGENT, "doclayout");
    set(CURLOPT_NOSIGNAL, 1L);
    // A name server that hangs would otherwise hold up the end of the request, whatever its timeout.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_WRITEFUNCTION, &OnBody);
    set(CURLOPT_WRITEDATA, this);
    if (const char* authorities = std::getenv("SSL_CERT_FILE")) set(CURLOPT_CAINFO, authorities);
  }

  static std::size_t OnBody(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    auto* const client = static_cast<CurlClient*>(self);
    std::string& body = client->answer_.body;
    body.append(data, std::min(size, client->longest_answer_ - body.size()));
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
      answer_ = {.fault = "it had not answered when the process ended"};
      return;
    }
    if (code != CURLE_OK) {
      answer_ = {.fault = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code),
                 .timed_out = code == CURLE_OPERATION_TIMEDOUT,
                 .may_pass = MayPass(code)};
      return;
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) answer_.retry_after = std::chrono::seconds(std::min(seconds, kLongestRetryAfter));
  }

  const CurlMulti multi_;
  std::atomic<bool> abandoned_ = false;

  Answer answer_;  ///< of the request under way, as all below
  std::size_t longest_answer_ = 0;
  std::array<char, CURL_ERROR_SIZE> message_{};
};

/// Nothing for what is no URL of http or https.
CurlUrl ParseUrl(const std::string& text) {
  CurlUrl url(curl_url());
  if (!text.starts_with("http://") && !text.starts_with("https://")) return nullptr;
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  return url;
}

std::optional<std::string> PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (url == nullptr || curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  const CurlText owner(text);
  return text;
}

/// The URL without these parts.
std::string Without(const std::string& url, std::initializer_list<CURLUPart> parts) {
  const auto parsed = ParseUrl(url);
  for (const CURLUPart part : parts) {
    if (parsed) curl_url_set(parsed.get(), part, nullptr, 0);
  }
  return PartOf(parsed.get(), CURLUPART_URL).value_or("no URL");
}

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::Create() {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kReady != CURLE_OK) return Fail(ErrorCode::kInternal, "the library for HTTP requests cannot be started");
  auto client = std::make_unique<CurlClient>();
  if (!client->complete()) return Fail(ErrorCode::kInternal, "there is no memory for HTTP requests");
  return client;
}

bool IsUrl(const std::string& url) {
  return ParseUrl(url) != nullptr;
}

std::string PrintableUrl(const std::string& url) {
  return Without(url, {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT});
}

std::string PrintableHost(const std::string& url) {
  std::string text =
      Without(url, {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_PATH, CURLUPART_QUERY, CURLUPART_FRAGMENT});
  if (text.ends_with('/')) text.pop_back();
  return text;
}

std::string HostOf(const std::string& url) {
  return PartOf(ParseUrl(url).get(), CURLUPART_HOST).value_or("");
}

std::optional<std::string> WithParameter(const std::string& url, const std::string& name, const std::string& value) {
  const auto parsed = ParseUrl(url);
  const std::string pair = name + "=" + value;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_QUERY, pair.c_str(), CURLU_APPENDQUERY | CURLU_URLENCODE)) {
    return std::nullopt;
  }
  return PartOf(parsed.get(), CURLUPART_URL);
}

}  // namespace doclayout::client
