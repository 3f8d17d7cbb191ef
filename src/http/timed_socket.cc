#include "http/timed_socket.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace doclayout::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

/// Errors come as values: a caller who leaves is no exception.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

TimedSocket::TimedSocket(tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

awaitable<IoEnd> TimedSocket::ReadSome(std::string& buffer, std::size_t most, TimePoint until) {
  if (aborted_) co_return IoEnd::kGone;
  const std::size_t old_size = buffer.size();
  buffer.resize(old_size + most);
  ArmTimer(until);
  const asio::mutable_buffer space = asio::buffer(buffer.data() + old_size, most);
  const auto [error, count] = co_await socket_.async_read_some(space, kAwait);
  const bool timed_out = DisarmTimer();
  buffer.resize(old_size + count);
  co_return EndOf(error, timed_out);
}

awaitable<IoEnd> TimedSocket::Write(std::string_view head, std::string_view body, TimePoint until) {
  if (aborted_) co_return IoEnd::kGone;
  ArmTimer(until);
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
  const auto [error, count] = co_await asio::async_write(socket_, buffers, kAwait);
  const bool timed_out = DisarmTimer();
  co_return EndOf(error, timed_out);
}

void TimedSocket::WatchCaller(std::function<void()> left) {
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this(), left = std::move(left)](const error_code& error) {
                       if (error != asio::error::operation_aborted && self->CallerLeft()) left();
                     });
}

void TimedSocket::Interrupt() {
  error_code ignored;
  socket_.cancel(ignored);
}

void TimedSocket::Abort() {
  aborted_ = true;
  Close();
}

void TimedSocket::Close() {
  DisarmTimer();
  error_code ignored;
  socket_.close(ignored);
}

void TimedSocket::ShutdownSend() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

bool TimedSocket::HasUnread() {
  error_code error;
  return socket_.available(error) > 0 && !error;
}

bool TimedSocket::CallerLeft() {
  char byte = 0;
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error && error != asio::error::would_block && error != asio::error::try_again;
}

IoEnd TimedSocket::EndOf(const error_code& error, bool timed_out) const {
  if (!error) return IoEnd::kDone;
  if (timed_out) return IoEnd::kTimeout;
  return error == asio::error::operation_aborted && !aborted_ ? IoEnd::kInterrupted : IoEnd::kGone;
}

/// Cancels whatever the socket waits for at `until`.
void TimedSocket::ArmTimer(TimePoint until) {
  timed_out_ = false;
  const unsigned generation = ++timer_generation_;
  timer_.expires_at(until);
  timer_.async_wait([weak = weak_from_this(), generation](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->timer_generation_ != generation || self->aborted_) return;
    self->timed_out_ = true;
    self->Interrupt();
  });
}

/// Whether it was up.
bool TimedSocket::DisarmTimer() {
  ++timer_generation_;
  timer_.cancel();
  return timed_out_;
}

}  // namespace doclayout::http
