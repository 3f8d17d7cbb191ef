#include "bench/transfers.h"

#include <curl/curl.h>
#include <strings.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/curl_handles.h"
#include "bench/socket_waker.h"

namespace doclayout::bench {
namespace {

constexpr std::size_t kMostDetailBytes = 4096;
constexpr std::size_t kMostMetricsBytes = std::size_t{4} << 20;
constexpr long kAskMs = 2000;

/// Options of the wrong kind do not compile; what may fail is memory, and then the transfer does.
template <typename T>
void Set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

/// What a GET gives.
struct Text {
  std::string bytes;

  static std::size_t Take(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    std::string& bytes = static_cast<Text*>(self)->bytes;
    if (bytes.size() + size > kMostMetricsBytes) return 0;
    bytes.append(data, size);
    return size;
  }
};

void SetCommon(CURL* easy, const CurlList& headers) {
  Set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_PROXY, "");
  Set(easy, CURLOPT_USERAGENT, "doclayout-bench");
  Set(easy, CURLOPT_HTTPHEADER, headers.get());
  if (const char* authorities = std::getenv("SSL_CERT_FILE")) Set(easy, CURLOPT_CAINFO, authorities);
}

void SetGet(CURL* easy, const CurlList& headers, const std::string& url, Text& text) {
  SetCommon(easy, headers);
  Set(easy, CURLOPT_URL, url.c_str());
  Set(easy, CURLOPT_TIMEOUT_MS, kAskMs);
  Set(easy, CURLOPT_WRITEFUNCTION, &Text::Take);
  Set(easy, CURLOPT_WRITEDATA, &text);
}

long StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

Outcome OutcomeOfFault(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Outcome::kTimeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_OUT_OF_MEMORY:
      return Outcome::kConnectionFailed;
    default:
      return Outcome::kReset;
  }
}

/// One request's handle, kept for the next ones.
struct Place {
  CurlEasy easy;
  Ticket ticket;
  int attempts = 0;
  std::string body_start;  ///< of an answer that is not good
  std::array<char, CURL_ERROR_SIZE> message{};

  static std::size_t Take(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    auto* place = static_cast<Place*>(self);
    const long status = StatusOf(place->easy.get());
    if (status >= 200 && status < 300) return size;
    place->body_start.append(data, std::min(size, kMostDetailBytes - place->body_start.size()));
    return size;
  }

  /// libcurl sends a request again when the connection that it took from the last one turns out to be closed.
  static int BeforeSend(void* self, char*, char*, int, int) {
    return ++static_cast<Place*>(self)->attempts > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }

  Ending End(CURLcode code) {
    Ending ending{.at = std::chrono::steady_clock::now(), .status = StatusOf(easy.get())};
    if (code != CURLE_OK) {
      ending.outcome = OutcomeOfFault(code);
      ending.detail = message[0] != '\0' ? message.data() : curl_easy_strerror(code);
      if (attempts > 1) ending.detail = "the connection was closed when the request had been sent";
      return ending;
    }
    curl_header* retry_after = nullptr;
    const bool has_retry_after = ending.status >= 400 && curl_easy_header(easy.get(), "Retry-After", 0, CURLH_HEADER,
                                                                          -1, &retry_after) == CURLHE_OK;
    ending.outcome = OutcomeOfStatus(ending.status, has_retry_after);
    if (has_retry_after && ending.outcome == Outcome::kRefused) {
      curl_off_t seconds = 0;  // also of a date
      curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &seconds);
      ending.retry_after_s = static_cast<double>(seconds);
    }
    if (ending.outcome != Outcome::kOk) ending.detail = DetailOf(body_start);
    return ending;
  }
};

int ToCurl(std::uint32_t events) {
  const int readable = (events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0;
  const int writable = (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  const int failed = (events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
  return readable | writable | failed;
}

std::uint32_t FromCurl(int wanted) {
  const std::uint32_t in = (wanted & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
  const std::uint32_t out = (wanted & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U;
  return in | out;
}

bool IsContentType(const std::string& header) {
  constexpr std::string_view kName = "content-type:";
  return header.size() >= kName.size() && strncasecmp(header.data(), kName.data(), kName.size()) == 0;
}

}  // namespace

class Transfers::Loop {
 public:
  explicit Loop(const Options& options)
      : options_(options),
        waker_(options.interrupt_descriptor),
        multi_(curl_multi_init()),
        post_headers_(PostHeaders(options)),
        get_headers_(Headers(options)) {
    if (!multi_) return;
    // A free connection is never closed for want of room.
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options.most) + 2);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Loop::OnSocket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Loop::OnTimer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  }

  ~Loop() {
    for (const auto& place : places_) curl_multi_remove_handle(multi_.get(), place->easy.get());
    if (metrics_) curl_multi_remove_handle(multi_.get(), metrics_.get());
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  bool good() const { return multi_ != nullptr && waker_.good(); }
  int in_flight() const { return in_flight_; }
  bool HasRoom() const { return in_flight_ < options_.most; }

  std::optional<std::string> FetchNow(const std::string& url) const {
    const CurlEasy easy(curl_easy_init());
    if (!easy) return std::nullopt;
    Text text;
    SetGet(easy.get(), get_headers_, url, text);
    if (curl_easy_perform(easy.get()) != CURLE_OK || StatusOf(easy.get()) != 200) return std::nullopt;
    return std::move(text.bytes);
  }

  void Start(std::span<const std::uint8_t> body, Duration timeout, const Ticket& ticket) {
    Place& place = FreePlace();
    place.ticket = ticket;
    place.attempts = 0;
    place.body_start.clear();
    place.message.fill('\0');
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    CURL* easy = place.easy.get();
    Set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<decltype(wait)>(1, wait)));
    Set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    Set(easy, CURLOPT_POSTFIELDS, body.data());
    curl_multi_add_handle(multi_.get(), easy);
    ++in_flight_;
  }

  void AskForMetrics() {
    if (asking_) return;
    if (!metrics_) {
      metrics_.reset(curl_easy_init());
      if (!metrics_) return;
      SetGet(metrics_.get(), get_headers_, options_.target.metrics, text_);
    }
    text_.bytes.clear();
    asking_ = curl_multi_add_handle(multi_.get(), metrics_.get()) == CURLM_OK;
  }

  void Poll(TimePoint until, const OnEnd& on_end, const OnMetrics& on_metrics) {
    for (const epoll_event& event : waker_.Wait(std::min(until, curl_wants_))) Act(event.data.fd, ToCurl(event.events));
    if (std::chrono::steady_clock::now() >= curl_wants_) {
      curl_wants_ = TimePoint::max();  // unless it says another moment now
      Act(CURL_SOCKET_TIMEOUT, 0);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_.get(), easy);
      if (easy == metrics_.get()) {
        asking_ = false;
        if (code == CURLE_OK && StatusOf(easy) == 200) on_metrics(text_.bytes);
      } else {
        Finish(PlaceOf(easy), code, on_end);
      }
    }
  }

  void CutOff(const OnEnd& on_end) {
    for (const auto& place : places_) {
      if (std::find(free_.begin(), free_.end(), place.get()) != free_.end()) continue;
      curl_multi_remove_handle(multi_.get(), place->easy.get());
      free_.push_back(place.get());
      --in_flight_;
      on_end(place->ticket, {.outcome = Outcome::kUnfinished, .at = std::chrono::steady_clock::now()});
    }
  }

 private:
  static CurlList Headers(const Options& options) {
    CurlList list;
    for (const std::string& header : options.headers) Append(list, header);
    return list;
  }

  static CurlList PostHeaders(const Options& options) {
    CurlList list = Headers(options);
    if (std::none_of(options.headers.begin(), options.headers.end(), IsContentType)) {
      Append(list, "Content-Type: " + options.content_type);
    }
    Append(list, "Expect:");  // libcurl would ask before it sends a large page, which costs a round trip
    // The service closes first then, so that the ports of this side are free again at once.
    if (!options.keep_alive) Append(list, "Connection: close");
    return list;
  }

  static void Append(CurlList& list, const std::string& header) {
    curl_slist* first = curl_slist_append(list.get(), header.c_str());
    if (!list) list.reset(first);
  }

  static Place& PlaceOf(CURL* easy) {
    char* place = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &place);
    return *reinterpret_cast<Place*>(place);
  }

  Place& FreePlace() {
    if (free_.empty()) {
      places_.push_back(std::make_unique<Place>());
      places_.back()->easy.reset(curl_easy_init());
      if (!places_.back()->easy) std::abort();  // no memory
      SetUp(*places_.back());
      free_.push_back(places_.back().get());
    }
    Place* place = free_.back();
    free_.pop_back();
    return *place;
  }

  void SetUp(Place& place) const {
    CURL* easy = place.easy.get();
    SetCommon(easy, post_headers_);
    Set(easy, CURLOPT_URL, options_.target.analyze.c_str());
    Set(easy, CURLOPT_POST, 1L);
    Set(easy, CURLOPT_KEEP_SENDING_ON_ERROR, 1L);
    Set(easy, CURLOPT_UPLOAD_BUFFERSIZE, 262144L);
    Set(easy, CURLOPT_ERRORBUFFER, place.message.data());
    Set(easy, CURLOPT_WRITEFUNCTION, &Place::Take);
    Set(easy, CURLOPT_WRITEDATA, &place);
    Set(easy, CURLOPT_PREREQFUNCTION, &Place::BeforeSend);
    Set(easy, CURLOPT_PREREQDATA, &place);
    Set(easy, CURLOPT_PRIVATE, &place);
    if (!options_.keep_alive) {
      Set(easy, CURLOPT_FRESH_CONNECT, 1L);
      Set(easy, CURLOPT_FORBID_REUSE, 1L);
    }
  }

  void Finish(Place& place, CURLcode code, const OnEnd& on_end) {
    const Ending ending = place.End(code);
    const Ticket ticket = place.ticket;
    free_.push_back(&place);
    --in_flight_;
    on_end(ticket, ending);
  }

  void Act(curl_socket_t socket, int events) const {
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
  }

  static int OnSocket(CURL* /*easy*/, curl_socket_t socket, int wanted, void* self, void* /*of_socket*/) {
    const SocketWaker& waker = static_cast<Loop*>(self)->waker_;
    if (wanted == CURL_POLL_REMOVE) {
      waker.Forget(socket);
    } else {
      waker.Watch(socket, FromCurl(wanted));
    }
    return 0;
  }

  static int OnTimer(CURLM* /*multi*/, long after_ms, void* self) {
    const bool never = after_ms < 0;
    static_cast<Loop*>(self)->curl_wants_ =
        never ? TimePoint::max() : std::chrono::steady_clock::now() + std::chrono::milliseconds(after_ms);
    return 0;
  }

  const Options options_;
  SocketWaker waker_;
  TimePoint curl_wants_ = TimePoint::max();  ///< to be called then, whatever sockets say
  const CurlMulti multi_;                    ///< goes first: it says good-bye to the waker
  const CurlList post_headers_;
  const CurlList get_headers_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Place*> free_;
  int in_flight_ = 0;
  CurlEasy metrics_;
  Text text_;
  bool asking_ = false;
};

Transfers::Transfers(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Transfers::~Transfers() = default;

Result<std::unique_ptr<Transfers>> Transfers::Make(const Options& options) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto loop = kReady == CURLE_OK ? std::make_unique<Loop>(options) : nullptr;
  if (!loop || !loop->good()) return Fail(ErrorCode::kInternal, "the library for requests cannot be started");
  return std::unique_ptr<Transfers>(new Transfers(std::move(loop)));
}

std::optional<std::string> Transfers::FetchNow(const std::string& url) const {
  return loop_->FetchNow(url);
}

int Transfers::in_flight() const {
  return loop_->in_flight();
}

bool Transfers::HasRoom() const {
  return loop_->HasRoom();
}

void Transfers::Start(std::span<const std::uint8_t> body, Duration timeout, const Ticket& ticket) {
  loop_->Start(body, timeout, ticket);
}

void Transfers::AskForMetrics() {
  loop_->AskForMetrics();
}

void Transfers::Poll(TimePoint until, const OnEnd& on_end, const OnMetrics& on_metrics) {
  loop_->Poll(until, on_end, on_metrics);
}

void Transfers::CutOff(const OnEnd& on_end) {
  loop_->CutOff(on_end);
}

}  // namespace doclayout::bench
