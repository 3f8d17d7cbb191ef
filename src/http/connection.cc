#include "http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "http/clients/address.h"
#include "http/connection_set.h"
#include "http/middleware/expectation.h"
#include "http/request_parser.h"
#include "http/timed_socket.h"

namespace doclayout::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kHeadReadBytes = 4096;       // what an idle connection costs
constexpr std::size_t kBodyReadBytes = 64 * 1024;  // few wake-ups for large uploads
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr int kRoomRetrySeconds = 1;

TimePoint In(Duration time) {
  return std::chrono::steady_clock::now() + time;
}

/// A value that comes later. I/O thread only; in a `shared_ptr` of the coroutine that waits.
template <typename T>
class Later {
 public:
  explicit Later(EventLoop& loop) : wake_(*loop.context(), TimePoint::max()) {}

  bool known() const { return value_.has_value(); }

  /// The first value counts.
  void Set(T value) {
    if (value_) return;
    value_ = std::move(value);
    wake_.cancel();
  }

  awaitable<void> Wait() {
    while (!value_) co_await wake_.async_wait(kAwait);
  }
  T Take() { return std::move(*value_); }

 private:
  asio::steady_timer wake_;  // never fires; cancelled when there is something to see
  std::optional<T> value_;
};

/// The answer that a handler has promised; nullopt when nobody waits for it any more. The responder reaches it only on
/// the I/O thread.
using PendingAnswer = Later<std::optional<Response>>;

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(const ConnectionContext& context, std::shared_ptr<TimedSocket> socket, std::optional<Address> peer,
                Admission admission)
      : context_(context), admission_(admission), peer_(peer), socket_(std::move(socket)) {}

  void Start();
  void Drain() override;
  void Refuse() override;
  void Abort() override;
  std::optional<TimePoint> idle_since() const override { return idle_since_; }
  bool refused() const override { return refused_; }

 private:
  awaitable<void> Run();
  awaitable<bool> Serve(Exchange& exchange, RequestParser& parser);

  // The parts of a request, in their order.
  awaitable<bool> AwaitFirstByte();
  awaitable<bool> ReadHead(Exchange& exchange, RequestParser& parser);
  awaitable<std::optional<Response>> Answer(Exchange& exchange, RequestParser& parser, WithBody& with_body);
  awaitable<std::optional<Problem>> ReadBody(Exchange& exchange, RequestParser& parser, BodyBudget::Share* share);
  awaitable<std::optional<Response>> AwaitAnswer(WithBody& with_body, Body body);
  awaitable<bool> WriteAnswer(Exchange& exchange, Response& response);
  awaitable<void> Linger(bool request_read);

  awaitable<IoEnd> ReadSome(std::size_t most, TimePoint until);
  awaitable<IoEnd> Write(std::string_view head, std::string_view body);
  Problem TooLate();
  tl::expected<RequestParser::Progress, Problem> Parse(Exchange& exchange, RequestParser& parser);
  bool draining() const { return draining_ || context_.readiness.draining(); }
  bool NothingFollows() { return buffer_.empty() && !socket_->HasUnread(); }

  const ConnectionContext& context_;
  const Admission admission_;
  const std::optional<Address> peer_;
  const std::shared_ptr<TimedSocket> socket_;

  std::string buffer_;                   // read from the socket and not yet parsed
  std::optional<TimePoint> idle_since_;  // waits for the first byte of a request
  bool reading_ = false;                 // or waits for bytes
  bool draining_ = false;
  bool refusing_ = false;
  bool refused_ = false;  // its last request, because the drain is over
  std::weak_ptr<PendingAnswer> pending_;
  std::string pending_id_;  // of the request that waits for `pending_`
  Response unheard_;        // what the handler told of a request whose caller had left: for the log and traces
};

void TcpConnection::Start() {
  const auto self = shared_from_this();
  context_.connections.Add(self, admission_);
  asio::co_spawn(*context_.loop.context(), Run(), [self](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      self->context_.logger.Write(LogLevel::kError, "connection_failed", {{"reason", exception.what()}});
    }
    self->socket_->Abort();
    self->context_.connections.Remove(self);
  });
}

void TcpConnection::Drain() {
  draining_ = true;
  if (idle_since_) socket_->Interrupt();
}

void TcpConnection::Refuse() {
  draining_ = true;
  refusing_ = true;
  if (const auto pending = pending_.lock()) {
    pending->Set(ProblemResponse(TooLate(), pending_id_));
  } else if (reading_) {
    socket_->Interrupt();
  }
}

void TcpConnection::Abort() {
  idle_since_.reset();
  socket_->Abort();
  if (const auto pending = pending_.lock()) pending->Set(std::nullopt);
}

/// Of a request that the drain has no time for any more. Elsewhere it is accepted at once.
Problem TcpConnection::TooLate() {
  refused_ = true;
  context_.connections.CountRefused();
  Problem problem(ProblemTypeOf(ErrorCode::kDraining),
                  "the service shuts down and could not answer in the time that it has for that; send it again",
                  Rejection::kDraining);
  problem.retry_after_seconds = 1;
  problem.close = true;
  return problem;
}

awaitable<void> TcpConnection::Run() {
  bool stay = true;
  while (stay) {
    if (!co_await AwaitFirstByte()) co_return;
    RequestParser parser(context_.limits);
    Exchange exchange;
    exchange.started = context_.clock.Now();
    exchange.peer = peer_;
    exchange.spare_connection = admission_ == Admission::kSpare;
    if (!co_await ReadHead(exchange, parser)) co_return;
    stay = co_await Serve(exchange, parser);
  }
}

/// A request whose head is read, up to the last byte of its answer. False when the connection is to be closed.
awaitable<bool> TcpConnection::Serve(Exchange& exchange, RequestParser& parser) {
  Outcome outcome = context_.chain.Begin(exchange);
  std::optional<Response> response;
  if (auto* with_body = std::get_if<WithBody>(&outcome)) {
    response = co_await Answer(exchange, parser, *with_body);
  } else {
    response = std::move(std::get<Response>(outcome));
  }
  outcome = Response();  // What the handler kept for this request is not needed while the answer is written.
  if (!response) {
    exchange.cancelled = true;
    Response unheard = std::exchange(unheard_, Response());
    unheard.status = 499;
    context_.chain.Done(exchange, unheard);
    co_return false;
  }

  // Behind an expectation that was not met the caller may or may not send the body: there is no next request to find.
  const bool rest_is_small = !exchange.broken && exchange.head.content_length.has_value() &&
                             parser.remaining() <= context_.limits.small_rest_bytes && !ExpectsContinue(exchange.head);
  if (!parser.done() && !rest_is_small) response->close = true;
  // A caller who pipelines has sent its next request already: that one is answered too, and the last says good-bye.
  exchange.last_of_connection = draining() && NothingFollows();
  context_.chain.Finish(exchange, *response);
  const bool written = co_await WriteAnswer(exchange, *response);
  if (!written) {
    exchange.cancelled = true;
    response->status = 499;
  }
  context_.chain.Done(exchange, *response);
  if (!written) co_return false;
  if (response->close) {
    co_await Linger(parser.done());
    co_return false;
  }
  // What is left of a body that nobody wanted is read, so that the next request is found behind it.
  parser.DiscardBody();
  const std::optional<Problem> problem = co_await ReadBody(exchange, parser, nullptr);
  co_return !problem;
}

/// False when the connection ended, or was idle for too long, or has nothing to say while draining.
awaitable<bool> TcpConnection::AwaitFirstByte() {
  if (!buffer_.empty()) co_return true;
  buffer_ = std::string();  // An idle connection does not keep what a large upload needed.
  IoEnd end = IoEnd::kInterrupted;
  while (end == IoEnd::kInterrupted && !refusing_) {
    // A request may be on its way when the drain begins: a moment is given to it, so that it is not lost.
    Duration patience = context_.limits.keep_alive_timeout;
    if (admission_ == Admission::kSpare) patience = context_.limits.spare_timeout;
    if (draining_) patience = context_.drain_idle_grace;
    idle_since_ = std::chrono::steady_clock::now();
    end = co_await ReadSome(kHeadReadBytes, In(patience));
    idle_since_.reset();
  }
  if (end == IoEnd::kTimeout && !draining_) context_.connections.CountIdleTimeout();
  co_return end == IoEnd::kDone || !buffer_.empty();
}

/// Reads until the head is complete or known to be broken. False when the caller left before.
awaitable<bool> TcpConnection::ReadHead(Exchange& exchange, RequestParser& parser) {
  const bool spare = admission_ == Admission::kSpare;
  const TimePoint until = In(spare ? context_.limits.spare_timeout : context_.limits.header_timeout);
  for (;;) {
    if (!buffer_.empty()) {
      const auto progress = Parse(exchange, parser);
      if (!progress) {
        exchange.broken = progress.error();
        break;
      }
      if (*progress != RequestParser::Progress::kNeedMore) break;
    }
    const IoEnd end = co_await ReadSome(kHeadReadBytes, until);
    if (end == IoEnd::kTimeout && parser.started()) {
      exchange.broken = Problem(kRequestTimeout, "the request's header did not arrive in the time that is allowed",
                                Rejection::kHeaderTimeout);
      break;
    }
    if (end == IoEnd::kInterrupted && refusing_ && parser.started()) {
      exchange.broken = TooLate();
      break;
    }
    if (end != IoEnd::kDone) co_return false;
  }
  exchange.head = parser.head();
  co_return true;
}

/// The rest of a request that a handler wants to see. Nullopt when the caller left.
awaitable<std::optional<Response>> TcpConnection::Answer(Exchange& exchange, RequestParser& parser,
                                                         WithBody& with_body) {
  if (ExpectsContinue(exchange.head) && !parser.done() && buffer_.empty()) {
    const IoEnd end = co_await Write(kContinue, {});
    if (end != IoEnd::kDone) co_return std::nullopt;
  }
  BodyBudget::Share share(context_.bodies);
  std::optional<Problem> problem = co_await ReadBody(exchange, parser, &share);
  if (!problem && refusing_) problem = TooLate();
  if (problem && problem->type == &ProblemTypeOf(ErrorCode::kCancelled)) co_return std::nullopt;
  if (problem) {
    Response response = ProblemResponse(*problem, exchange.request_id);
    response.close = true;
    co_return response;
  }
  Body body{parser.TakeBody(), std::move(share)};  // Named: g++ 12 destroys a temporary in an awaited call twice.
  pending_id_ = exchange.request_id;
  std::optional<Response> response = co_await AwaitAnswer(with_body, std::move(body));
  co_return response;
}

/// Nothing when the body is complete; `kCancelled` when the caller left. Without a share where nothing is kept.
awaitable<std::optional<Problem>> TcpConnection::ReadBody(Exchange& exchange, RequestParser& parser,
                                                          BodyBudget::Share* share) {
  const TimePoint until = In(context_.limits.body_timeout);
  while (!parser.done()) {
    if (!buffer_.empty()) {
      const std::uint64_t bytes_before = parser.body_bytes();
      const auto progress = Parse(exchange, parser);
      if (!progress) co_return progress.error();
      if (share != nullptr && !share->Grow(parser.body_bytes() - bytes_before)) {
        co_return Overloaded(
            "the documents that are being received and analysed leave no memory for this one; try again in a moment",
            Rejection::kBodyBytesInFlight, kRoomRetrySeconds);
      }
      if (*progress == RequestParser::Progress::kDone) break;
    }
    const IoEnd end = co_await ReadSome(kBodyReadBytes, until);
    if (end == IoEnd::kTimeout) {
      co_return Problem(kRequestTimeout, "the request's body did not arrive in the time that is allowed",
                        Rejection::kBodyTimeout);
    }
    if (end == IoEnd::kInterrupted && refusing_) co_return TooLate();
    if (end != IoEnd::kDone) co_return Problem(ProblemTypeOf(ErrorCode::kCancelled), "the caller left");
  }
  co_return std::nullopt;
}

/// Hands the body to the handler and waits for its answer, which may come from any thread. Nullopt when the caller left
/// meanwhile: the handler is told, and nobody waits for it.
awaitable<std::optional<Response>> TcpConnection::AwaitAnswer(WithBody& with_body, Body body) {
  const auto pending = std::make_shared<PendingAnswer>(context_.loop);
  pending_ = pending;
  const auto unheard = std::make_shared<Response>();
  // The worker may be the last to know of the loop's context; the pending answer dies with this coroutine.
  Responder respond([context = context_.loop.context(), weak = std::weak_ptr(pending), unheard](Response response) {
    asio::post(*context, [weak, unheard, response = std::move(response)]() mutable {
      const auto waiting = weak.lock();
      if (!waiting) return;
      if (waiting->known()) {
        *unheard = std::move(response);
      } else {
        waiting->Set(std::move(response));
      }
    });
  });
  std::stop_source caller_left;
  with_body(Delivery{std::move(body), caller_left.get_token(), std::move(respond)});
  // Bytes of a next request end the watch: they stay in the kernel until their turn.
  socket_->WatchCaller([weak = std::weak_ptr(pending)] {
    if (const auto waiting = weak.lock()) waiting->Set(std::nullopt);
  });
  co_await pending->Wait();
  std::optional<Response> response = pending->Take();
  if (response) socket_->Interrupt();  // ends the watch
  // Behind an answer too: the work for a request that was refused while it waited is wanted by nobody any more.
  caller_left.request_stop();
  if (!response) {
    co_await asio::post(*context_.loop.context(), kAwait);  // behind what the handler has just said to that
    unheard_ = std::move(*unheard);
  }
  co_return response;
}

awaitable<bool> TcpConnection::WriteAnswer(Exchange& exchange, Response& response) {
  const std::string head = HeadText(response, HttpDate(std::chrono::system_clock::now()), exchange.head.version < 11);
  const bool without_body = exchange.head.method == "HEAD";
  const std::string_view body = without_body ? std::string_view() : std::string_view(response.body);
  const IoEnd end = co_await Write(head, body);
  if (end == IoEnd::kDone) exchange.bytes_out = head.size() + body.size();
  if (end == IoEnd::kTimeout) response.rejection = Rejection::kWriteTimeout;
  co_return end == IoEnd::kDone;
}

/// Closing a socket with unread bytes resets the connection, and the caller may lose the answer. So our side is closed
/// first, and what still comes is thrown away for a bounded time and amount (as nginx's lingering_close).
awaitable<void> TcpConnection::Linger(bool request_read) {
  if (request_read && NothingFollows()) co_return;
  socket_->ShutdownSend();
  const TimePoint until = In(context_.limits.linger_timeout);
  std::uint64_t thrown_away = 0;
  while (thrown_away < context_.limits.linger_bytes) {
    buffer_.clear();
    if (co_await ReadSome(kBodyReadBytes, until) != IoEnd::kDone) co_return;
    thrown_away += buffer_.size();
  }
}

awaitable<IoEnd> TcpConnection::ReadSome(std::size_t most, TimePoint until) {
  if (refusing_) co_return IoEnd::kInterrupted;
  const auto end = std::make_shared<Later<IoEnd>>(context_.loop);
  reading_ = true;
  socket_->ReadSome(buffer_, most, until, [end](IoEnd how) { end->Set(how); });
  co_await end->Wait();
  reading_ = false;
  co_return end->Take();
}

awaitable<IoEnd> TcpConnection::Write(std::string_view head, std::string_view body) {
  const auto end = std::make_shared<Later<IoEnd>>(context_.loop);
  socket_->Write(head, body, In(context_.limits.write_timeout), [end](IoEnd how) { end->Set(how); });
  co_await end->Wait();
  co_return end->Take();
}

/// Gives the buffer to the parser and drops what it consumed.
tl::expected<RequestParser::Progress, Problem> TcpConnection::Parse(Exchange& exchange, RequestParser& parser) {
  std::size_t consumed = 0;
  auto progress = parser.Put(buffer_, consumed);
  exchange.bytes_in += consumed;
  buffer_.erase(0, consumed);
  return progress;
}

}  // namespace

void StartConnection(const ConnectionContext& context, int socket, Admission admission) {
  const std::optional<Address> peer = PeerAddress(socket);
  const std::shared_ptr<TimedSocket> owned = TimedSocket::Adopt(context.loop, socket);
  if (owned) std::make_shared<TcpConnection>(context, owned, peer, admission)->Start();
}

}  // namespace doclayout::http
