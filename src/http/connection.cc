#include "http/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "http/connection_set.h"
#include "http/middleware/expectation.h"
#include "http/request_parser.h"

namespace doclayout::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

using SteadyTime = std::chrono::steady_clock::time_point;

/// Errors come as values: a caller who leaves is no exception.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kHeadReadBytes = 4096;       // what an idle connection costs
constexpr std::size_t kBodyReadBytes = 64 * 1024;  // few wake-ups for large uploads
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr int kTooManyRetrySeconds = 1;

/// An answer that a handler has promised. The responder reaches it only on the I/O thread.
struct PendingAnswer {
  explicit PendingAnswer(const asio::any_io_executor& executor) : wake(executor, SteadyTime::max()) {}

  void Wake() {
    over = true;
    wake.cancel();
  }

  asio::steady_timer wake;  // never fires; cancelled when there is something to see
  std::optional<Response> response;
  bool over = false;
};

enum class ReadEnd {
  kBytes,    ///< there are more bytes in the buffer
  kGone,     ///< the caller closed, or the connection broke or was cut
  kTimeout,  ///< the time was up
  kDrain,    ///< woken up by a drain
};

class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(const ConnectionContext& context, tcp::socket socket)
      : context_(context), socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  void Start(Admission admission);
  void Drain() override;
  void Abort() override;

 private:
  awaitable<void> Run(Admission admission);
  awaitable<bool> Serve(Exchange& exchange, RequestParser& parser);

  // The parts of a request, in their order.
  awaitable<bool> AwaitFirstByte();
  awaitable<bool> ReadHead(Exchange& exchange, RequestParser& parser);
  awaitable<std::optional<Response>> Answer(Exchange& exchange, RequestParser& parser, WithBody& with_body);
  awaitable<std::optional<Problem>> ReadBody(Exchange& exchange, RequestParser& parser);
  awaitable<std::optional<Response>> AwaitAnswer(WithBody& with_body, std::string body);
  awaitable<bool> WriteAnswer(Exchange& exchange, Response& response);
  awaitable<void> Linger(bool request_read);

  // What they are made of.
  awaitable<ReadEnd> ReadSome(std::size_t most, SteadyTime until);
  awaitable<bool> Write(std::string_view head, std::string_view body);
  tl::expected<RequestParser::Progress, Problem> Parse(Exchange& exchange, RequestParser& parser);
  void WatchCaller(const std::shared_ptr<PendingAnswer>& pending);
  bool CallerLeft();
  bool draining() const { return draining_ || context_.readiness.draining(); }

  void CancelOperations();
  void ArmTimer(SteadyTime until);
  bool DisarmTimer();

  const ConnectionContext& context_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  unsigned timer_generation_ = 0;  // a handler of an older one is too late
  bool timed_out_ = false;

  std::string buffer_;  // read from the socket and not yet parsed
  bool idle_ = false;   // waits for the first byte of a request
  bool draining_ = false;
  bool aborted_ = false;
  std::weak_ptr<PendingAnswer> pending_;
};

void TcpConnection::Start(Admission admission) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  const auto self = shared_from_this();
  context_.connections.Add(self, admission);
  asio::co_spawn(socket_.get_executor(), Run(admission), [self](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
      self->context_.logger.Write(LogLevel::kError, "connection_failed", {{"reason", exception.what()}});
    }
    self->DisarmTimer();
    error_code closed;
    self->socket_.close(closed);
    self->context_.connections.Remove(self);
  });
}

void TcpConnection::Drain() {
  draining_ = true;
  if (idle_) CancelOperations();
}

void TcpConnection::Abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  if (const auto pending = pending_.lock()) pending->Wake();
}

awaitable<void> TcpConnection::Run(Admission admission) {
  if (admission == Admission::kRefuse) {
    RequestParser nothing(context_.limits);
    Exchange exchange;
    exchange.started = context_.clock.Now();
    exchange.broken =
        Problem(ProblemTypeOf(ErrorCode::kOverloaded),
                "there are as many connections as are allowed; try again in a moment", Rejection::kTooManyConnections);
    exchange.broken->retry_after_seconds = kTooManyRetrySeconds;
    co_await Serve(exchange, nothing);
    co_return;
  }
  bool stay = true;
  while (stay) {
    if (!co_await AwaitFirstByte()) co_return;
    RequestParser parser(context_.limits);
    Exchange exchange;
    exchange.started = context_.clock.Now();
    if (!co_await ReadHead(exchange, parser)) co_return;
    stay = co_await Serve(exchange, parser);
  }
}

/// A request whose head is read, up to the last byte of its answer. False when the connection is to be closed.
awaitable<bool> TcpConnection::Serve(Exchange& exchange, RequestParser& parser) {
  exchange.draining = draining();
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
    context_.chain.Done(exchange, Response{.status = 499});
    co_return false;
  }

  // Behind an expectation that was not met the caller may or may not send the body: there is no next request to find.
  const bool rest_is_small = !exchange.broken && exchange.head.content_length.has_value() &&
                             parser.remaining() <= context_.limits.small_rest_bytes && !ExpectsContinue(exchange.head);
  if (!parser.done() && !rest_is_small) response->close = true;
  exchange.draining = draining();
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
  const std::optional<Problem> problem = co_await ReadBody(exchange, parser);
  co_return !problem;
}

/// False when the connection ended, or was idle for too long, or has nothing to say while draining.
awaitable<bool> TcpConnection::AwaitFirstByte() {
  if (!buffer_.empty()) co_return true;
  buffer_ = std::string();  // An idle connection does not keep what a large upload needed.
  ReadEnd end = ReadEnd::kDrain;
  while (end == ReadEnd::kDrain) {
    // A request may be on its way when the drain begins: a moment is given to it, so that it is not lost.
    const Duration patience = draining() ? context_.drain_idle_grace : Duration(context_.limits.keep_alive_timeout);
    idle_ = true;
    end = co_await ReadSome(kHeadReadBytes, std::chrono::steady_clock::now() + patience);
    idle_ = false;
  }
  co_return end == ReadEnd::kBytes;
}

/// Reads until the head is complete or known to be broken. False when the caller left before.
awaitable<bool> TcpConnection::ReadHead(Exchange& exchange, RequestParser& parser) {
  const SteadyTime until = std::chrono::steady_clock::now() + context_.limits.header_timeout;
  for (;;) {
    if (!buffer_.empty()) {
      const auto progress = Parse(exchange, parser);
      if (!progress) {
        exchange.broken = progress.error();
        break;
      }
      if (*progress != RequestParser::Progress::kNeedMore) break;
    }
    const ReadEnd end = co_await ReadSome(kHeadReadBytes, until);
    if (end == ReadEnd::kTimeout && parser.started()) {
      exchange.broken = Problem(kRequestTimeout, "the request's header did not arrive in the time that is allowed",
                                Rejection::kHeaderTimeout);
      break;
    }
    if (end != ReadEnd::kBytes) co_return false;
  }
  exchange.head = parser.head();
  co_return true;
}

/// The rest of a request that a handler wants to see. Nullopt when the caller left.
awaitable<std::optional<Response>> TcpConnection::Answer(Exchange& exchange, RequestParser& parser,
                                                         WithBody& with_body) {
  if (ExpectsContinue(exchange.head) && !parser.done() && buffer_.empty()) {
    if (!co_await Write(kContinue, {})) co_return std::nullopt;
  }
  const std::optional<Problem> problem = co_await ReadBody(exchange, parser);
  if (problem && problem->type == &ProblemTypeOf(ErrorCode::kCancelled)) co_return std::nullopt;
  if (problem) {
    Response response = ProblemResponse(*problem, exchange.request_id);
    response.close = true;
    co_return response;
  }
  std::optional<Response> response = co_await AwaitAnswer(with_body, parser.TakeBody());
  co_return response;
}

/// Nothing when the body is complete; `kCancelled` when the caller left.
awaitable<std::optional<Problem>> TcpConnection::ReadBody(Exchange& exchange, RequestParser& parser) {
  const SteadyTime until = std::chrono::steady_clock::now() + context_.limits.body_timeout;
  while (!parser.done()) {
    if (!buffer_.empty()) {
      const auto progress = Parse(exchange, parser);
      if (!progress) co_return progress.error();
      if (*progress == RequestParser::Progress::kDone) break;
    }
    const ReadEnd end = co_await ReadSome(kBodyReadBytes, until);
    if (end == ReadEnd::kTimeout) {
      co_return Problem(kRequestTimeout, "the request's body did not arrive in the time that is allowed",
                        Rejection::kBodyTimeout);
    }
    if (end != ReadEnd::kBytes) co_return Problem(ProblemTypeOf(ErrorCode::kCancelled), "the caller left");
  }
  co_return std::nullopt;
}

/// Hands the body to the handler and waits for its answer, which may come from any thread. Nullopt when the caller left
/// meanwhile: the handler is told, and nobody waits for it.
awaitable<std::optional<Response>> TcpConnection::AwaitAnswer(WithBody& with_body, std::string body) {
  const auto pending = std::make_shared<PendingAnswer>(socket_.get_executor());
  pending_ = pending;
  // The worker may be the last to know of the loop's context; the pending answer dies with this coroutine.
  Responder respond([context = context_.loop.context(), weak = std::weak_ptr(pending)](Response response) {
    asio::post(*context, [weak, response = std::move(response)]() mutable {
      const auto waiting = weak.lock();
      if (!waiting || waiting->over) return;
      waiting->response = std::move(response);
      waiting->Wake();
    });
  });
  std::stop_source caller_left;
  with_body(std::move(body), caller_left.get_token(), std::move(respond));
  WatchCaller(pending);
  while (!pending->over) co_await pending->wake.async_wait(kAwait);
  if (!pending->response) {
    caller_left.request_stop();
    co_return std::nullopt;
  }
  CancelOperations();  // ends the watch
  co_return std::move(pending->response);
}

/// Ends the wait when the caller closes its side. A caller who sends its next request meanwhile is not watched further:
/// those bytes stay in the kernel until their turn.
void TcpConnection::WatchCaller(const std::shared_ptr<PendingAnswer>& pending) {
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this(), weak = std::weak_ptr(pending)](const error_code& error) {
                       const auto waiting = weak.lock();
                       if (!waiting || waiting->over || error == asio::error::operation_aborted) return;
                       if (self->CallerLeft()) waiting->Wake();
                     });
}

bool TcpConnection::CallerLeft() {
  char byte = 0;
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error && error != asio::error::would_block && error != asio::error::try_again;
}

awaitable<bool> TcpConnection::WriteAnswer(Exchange& exchange, Response& response) {
  const std::string head = HeadText(response, HttpDate(std::chrono::system_clock::now()), exchange.head.version < 11);
  const bool without_body = exchange.head.method == "HEAD";
  const std::string_view body = without_body ? std::string_view() : std::string_view(response.body);
  const bool written = co_await Write(head, body);
  if (written) exchange.bytes_out = head.size() + body.size();
  if (timed_out_) response.rejection = Rejection::kWriteTimeout;
  co_return written;
}

/// Closing a socket with unread bytes resets the connection, and the caller may lose the answer. So our side is closed
/// first, and what still comes is thrown away for a bounded time and amount (as nginx's lingering_close).
awaitable<void> TcpConnection::Linger(bool request_read) {
  error_code error;
  if (request_read && buffer_.empty() && socket_.available(error) == 0 && !error) co_return;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  const SteadyTime until = std::chrono::steady_clock::now() + context_.limits.linger_timeout;
  std::uint64_t thrown_away = 0;
  while (thrown_away < context_.limits.linger_bytes) {
    buffer_.clear();
    const ReadEnd end = co_await ReadSome(kBodyReadBytes, until);
    if (end != ReadEnd::kBytes) co_return;
    thrown_away += buffer_.size();
  }
}

/// Appends what has arrived to the buffer; waits for it until `until`.
awaitable<ReadEnd> TcpConnection::ReadSome(std::size_t most, SteadyTime until) {
  if (aborted_) co_return ReadEnd::kGone;
  const std::size_t old_size = buffer_.size();
  buffer_.resize(old_size + most);
  ArmTimer(until);
  const asio::mutable_buffer space = asio::buffer(buffer_.data() + old_size, most);
  const auto [error, count] = co_await socket_.async_read_some(space, kAwait);
  const bool timed_out = DisarmTimer();
  buffer_.resize(old_size + count);
  if (!error) co_return ReadEnd::kBytes;
  if (timed_out) co_return ReadEnd::kTimeout;
  co_return error == asio::error::operation_aborted && !aborted_ ? ReadEnd::kDrain : ReadEnd::kGone;
}

awaitable<bool> TcpConnection::Write(std::string_view head, std::string_view body) {
  timed_out_ = false;
  if (aborted_) co_return false;
  ArmTimer(std::chrono::steady_clock::now() + context_.limits.write_timeout);
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
  const auto [error, count] = co_await asio::async_write(socket_, buffers, kAwait);
  DisarmTimer();
  co_return !error;
}

/// Gives the buffer to the parser and drops what it consumed.
tl::expected<RequestParser::Progress, Problem> TcpConnection::Parse(Exchange& exchange, RequestParser& parser) {
  std::size_t consumed = 0;
  auto progress = parser.Put(buffer_, consumed);
  exchange.bytes_in += consumed;
  buffer_.erase(0, consumed);
  return progress;
}

void TcpConnection::CancelOperations() {
  error_code ignored;
  socket_.cancel(ignored);
}

/// Cancels whatever the socket waits for at `until`.
void TcpConnection::ArmTimer(SteadyTime until) {
  timed_out_ = false;
  const unsigned generation = ++timer_generation_;
  timer_.expires_at(until);
  timer_.async_wait([weak = weak_from_this(), generation](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->timer_generation_ != generation || self->aborted_) return;
    self->timed_out_ = true;
    self->CancelOperations();
  });
}

/// Whether it was up.
bool TcpConnection::DisarmTimer() {
  ++timer_generation_;
  timer_.cancel();
  return timed_out_;
}

}  // namespace

void StartConnection(const ConnectionContext& context, int socket, Admission admission) {
  tcp::socket owned(*context.loop.context());
  error_code error;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  owned.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, error);
  if (error) {
    close(socket);
    return;
  }
  owned.non_blocking(true, error);
  std::make_shared<TcpConnection>(context, std::move(owned))->Start(admission);
}

}  // namespace doclayout::http
