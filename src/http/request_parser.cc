#include "http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

/// Memory that a Content-Length alone may claim. More is taken as the body arrives.
constexpr std::uint64_t kMostReserved = 1024UL * 1024;

Problem TooLargeHeader(const Limits& limits) {
  return {kHeaderTooLarge,
          fmt::format("the request's header has more than the {} bytes that are allowed", limits.max_header_bytes),
          Rejection::kHeaderTooLarge};
}

Problem BadRequest(std::string_view what) {
  return {ProblemTypeOf(ErrorCode::kBadRequest), std::string(what)};
}

Problem Explain(const beast::error_code& code, const Limits& limits) {
  if (code == error::header_limit) return TooLargeHeader(limits);
  if (code == error::body_limit) {
    return {ProblemTypeOf(ErrorCode::kTooLarge),
            fmt::format("the body has more than the {} bytes that are allowed", limits.max_body_bytes),
            Rejection::kBodyTooLarge};
  }
  return BadRequest(fmt::format("the request is not valid HTTP/1.1: {}", code.message()));
}

/// `HTTP/` and two digits with a point between them, in this case (RFC 9112, 2.3).
bool IsHttpVersion(std::string_view text) {
  constexpr std::string_view kName = "HTTP/";
  if (!text.starts_with(kName)) return false;
  text.remove_prefix(kName.size());
  return text.size() == 3 && IsDigit(text[0]) && text[1] == '.' && IsDigit(text[2]);
}

/// Why a request line was not read of which Beast says only that its version is bad. It says so of a target with a
/// space and of other ends of line too.
Problem ExplainRequestLine(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::string_view end = bytes.substr(line.size());
  if (!end.empty() && end != "\r" && !end.starts_with("\r\n")) {
    return BadRequest("the request line does not end in CR LF, as HTTP/1.1 says");
  }
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second != std::string_view::npos) {
    const std::string_view version = line.substr(second + 1);
    if (IsHttpVersion(version) && version != "HTTP/1.1" && version != "HTTP/1.0") {
      return {kHttpVersion, fmt::format("the request speaks {}; HTTP/1.0 and HTTP/1.1 are understood", version)};
    }
  }
  return BadRequest(
      "the request line is not 'METHOD target HTTP/1.1' with one space between each; a space in the target is %20");
}

/// What RFC 9112 asks of a head beyond its grammar. Two readers that disagree on where a body ends can be played
/// against each other (request smuggling), so whatever is ambiguous there is refused.
std::optional<Problem> Judge(const RequestHead& head) {
  const std::size_t encodings = head.Count("Transfer-Encoding");
  if (encodings > 0 && (head.version < 11 || encodings > 1 ||
                        !EqualsIgnoreCase(head.Find("Transfer-Encoding").value_or(""), "chunked"))) {
    return BadRequest("the Transfer-Encoding is not 'chunked' once in an HTTP/1.1 request; nothing else is read");
  }
  if (head.Count("Content-Length") > 1) return BadRequest("the request has more than one Content-Length");
  if (const auto length = head.Find("Content-Length"); length && !std::ranges::all_of(*length, IsDigit)) {
    return BadRequest(  // Beast takes "5, 5", as RFC 9110 allows; whoever stands before us may read it another way.
        fmt::format("the Content-Length {} is not one number of bytes in decimal digits", Quoted(*length)));
  }
  if (const std::size_t hosts = head.Count("Host"); hosts > 1 || (hosts == 0 && head.version >= 11)) {
    return BadRequest(fmt::format("the request has {} Host headers; HTTP/1.1 asks for one", hosts));
  }
  if (head.Count("Content-Type") > 1) return BadRequest("the request has more than one Content-Type");
  return std::nullopt;
}

}  // namespace

/// Takes Beast's events straight into our own values. The overridden names are Beast's.
class RequestParser::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(const Limits& limits) : limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
    body_limit(boost::none);
  }

  tl::expected<Progress, Problem> Put(std::string_view bytes, std::size_t& consumed) {
    consumed = 0;
    if (!is_header_done()) {
      tl::expected<Progress, Problem> head = PutHead(bytes, consumed);
      if (!head || *head == Progress::kNeedMore) return head;
      return is_done() ? Progress::kDone : Progress::kHead;
    }
    return PutBody(bytes, consumed);
  }

  bool started() const { return got_some() || head_bytes_ > 0; }
  std::uint64_t body_bytes() const { return received_; }
  const RequestHead& head() const { return head_; }
  std::string& body() { return body_; }
  void DiscardBody() {
    discarding_ = true;
    body_ = std::string();
  }
  std::uint64_t remaining() const { return head_.content_length ? *head_.content_length - received_ : 0; }

 private:
  tl::expected<Progress, Problem> PutHead(std::string_view bytes, std::size_t& consumed) {
    // RFC 9112, 2.2: empty lines before a request are skipped; some clients send one behind a body.
    while (!got_some() && bytes.substr(consumed).starts_with("\r\n")) consumed += 2;
    head_bytes_ += consumed;
    const std::string_view rest = bytes.substr(consumed);
    if (rest.empty() || (!got_some() && rest == "\r")) return Progress::kNeedMore;

    eager(false);
    beast::error_code code;
    const std::size_t used = put({rest.data(), rest.size()}, code);
    head_bytes_ += used;
    consumed += used;
    const std::size_t waiting = code == error::need_more ? rest.size() - used : 0;
    if (head_bytes_ + waiting > limits_.max_header_bytes) return tl::unexpected(TooLargeHeader(limits_));
    if (code == error::need_more) return Progress::kNeedMore;
    if (code == error::bad_version) return tl::unexpected(ExplainRequestLine(rest.substr(used)));
    if (code) return tl::unexpected(Explain(code, limits_));
    if (std::optional<Problem> problem = Judge(head_)) return tl::unexpected(std::move(*problem));
    body_limit(limits_.max_body_bytes);
    eager(true);
    return Progress::kHead;
  }

  tl::expected<Progress, Problem> PutBody(std::string_view bytes, std::size_t& consumed) {
    // Nothing in Beast bounds a chunk's header or the trailer, which it reads whole. It is given a little at a time, so
    // that the bound does not depend on how much has arrived at once.
    const std::size_t most = limits_.max_header_bytes;
    while (!is_done() && consumed < bytes.size()) {
      const std::string_view piece = bytes.substr(consumed, most + 1);
      beast::error_code code;
      const std::size_t used = put({piece.data(), piece.size()}, code);
      consumed += used;
      if (code && code != error::need_more) return tl::unexpected(Explain(code, limits_));
      if (used > 0) continue;
      if (piece.size() <= most) break;
      return tl::unexpected(BadRequest(fmt::format("a chunk's header or the trailer has more than {} bytes", most)));
    }
    return is_done() ? Progress::kDone : Progress::kNeedMore;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       beast::error_code&) override {
    head_.method.assign(method.data(), method.size());
    head_.target.assign(target.data(), target.size());
    head_.version = version;
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    if (is_header_done()) return;  // a trailer: nothing here asks for one
    head_.headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }

  void on_header_impl(beast::error_code&) override {
    if (const auto length = content_length()) head_.content_length = *length;
    head_.chunked = chunked();
    head_.keep_alive = keep_alive();
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, beast::error_code&) override {
    if (!discarding_) body_.reserve(static_cast<std::size_t>(std::min(length.value_or(0), kMostReserved)));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code&) override {
    // At once and not by doubling, whose copies would hold up the I/O thread; what does not come costs no memory.
    const bool no_room = !discarding_ && body_.size() + bytes.size() > body_.capacity();
    if (no_room) body_.reserve(static_cast<std::size_t>(*head_.content_length));
    return Keep(bytes);
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, beast::error_code& code) override {
    // Nobody reads them, and a body could be made of hardly anything else.
    extension_bytes_ += extensions.size();
    if (extension_bytes_ > limits_.max_header_bytes) code = error::bad_chunk_extension;
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, beast::error_code&) override {
    return Keep(bytes);
  }

  void on_finish_impl(beast::error_code&) override {}

  std::size_t Keep(beast::string_view bytes) {
    if (!discarding_) body_.append(bytes.data(), bytes.size());
    received_ += bytes.size();
    return bytes.size();
  }

  const Limits& limits_;
  RequestHead head_;
  std::size_t head_bytes_ = 0;
  std::uint64_t received_ = 0;       // of the body
  std::size_t extension_bytes_ = 0;  // of all chunks together
  std::string body_;
  bool discarding_ = false;
};

RequestParser::RequestParser(const Limits& limits) : parser_(std::make_unique<Parser>(limits)) {}

RequestParser::~RequestParser() = default;

tl::expected<RequestParser::Progress, Problem> RequestParser::Put(std::string_view bytes, std::size_t& consumed) {
  return parser_->Put(bytes, consumed);
}

bool RequestParser::started() const {
  return parser_->started();
}

bool RequestParser::done() const {
  return parser_->is_done();
}

const RequestHead& RequestParser::head() const {
  return parser_->head();
}

std::uint64_t RequestParser::remaining() const {
  return parser_->remaining();
}

std::uint64_t RequestParser::body_bytes() const {
  return parser_->body_bytes();
}

void RequestParser::DiscardBody() {
  parser_->DiscardBody();
}

std::string RequestParser::TakeBody() {
  return std::move(parser_->body());
}

}  // namespace doclayout::http
