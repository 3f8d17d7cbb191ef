#include "http/timed_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace doclayout::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Between two looks for a caller who may have left.
constexpr std::chrono::milliseconds kWatchPeriod{100};

class AsioSocket final : public TimedSocket, public std::enable_shared_from_this<AsioSocket> {
 public:
  explicit AsioSocket(tcp::socket socket)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), watch_(socket_.get_executor()) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void ReadSome(std::string& buffer, std::size_t most, TimePoint until, Done done) override {
    const std::size_t old_size = buffer.size();
    buffer.resize(old_size + most);
    ArmTimer(until);
    socket_.async_read_some(asio::buffer(buffer.data() + old_size, most),
                            [self = shared_from_this(), &buffer, old_size, until, done = std::move(done)](
                                const error_code& error, std::size_t count) {
                              buffer.resize(old_size + count);
                              const IoEnd end = self->EndOf(error);
                              // The timer's own turn does not come while bytes never end.
                              const bool late = end == IoEnd::kDone && std::chrono::steady_clock::now() >= until;
                              done(late ? IoEnd::kTimeout : end);
                            });
  }

  void Write(std::string_view head, std::string_view body, TimePoint until, Done done) override {
    ArmTimer(until);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    asio::async_write(socket_, buffers,
                      [self = shared_from_this(), done = std::move(done)](const error_code& error, std::size_t) {
                        done(self->EndOf(error));
                      });
  }

  void WatchCaller(std::function<void()> left) override {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this(), left = std::move(left)](const error_code& error) mutable {
                         if (error == asio::error::operation_aborted) return;
                         if (self->CallerLeft()) return left();
                         self->WatchBehindUnread(std::move(left));
                       });
  }

  void Interrupt() override {
    error_code ignored;
    socket_.cancel(ignored);
    watch_.cancel();
  }

  void Abort() override {
    aborted_ = true;
    watch_.cancel();
    DisarmTimer();
    error_code ignored;
    socket_.close(ignored);
  }

  void ShutdownSend() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  bool HasUnread() override {
    error_code error;
    return socket_.available(error) > 0 && !error;
  }

 private:
  /// The end stands behind bytes that are not read yet, so that the socket's being readable says nothing of it.
  void WatchBehindUnread(std::function<void()> left) {
    watch_.expires_after(kWatchPeriod);
    watch_.async_wait([self = shared_from_this(), left = std::move(left)](const error_code& error) mutable {
      if (error || self->aborted_) return;
      pollfd state{.fd = self->socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
      if (poll(&state, 1, 0) > 0) return left();
      self->WatchBehindUnread(std::move(left));
    });
  }

  bool CallerLeft() {
    char byte = 0;
    error_code error;
    socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error && error != asio::error::would_block && error != asio::error::try_again;
  }

  IoEnd EndOf(const error_code& error) {
    const bool timed_out = DisarmTimer();
    if (!error) return IoEnd::kDone;
    if (timed_out) return IoEnd::kTimeout;
    return error == asio::error::operation_aborted && !aborted_ ? IoEnd::kInterrupted : IoEnd::kGone;
  }

  /// Cancels whatever the socket waits for at `until`.
  void ArmTimer(TimePoint until) {
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
  bool DisarmTimer() {
    ++timer_generation_;
    timer_.cancel();
    return timed_out_;
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  asio::steady_timer watch_;
  unsigned timer_generation_ = 0;  // a handler of an older one is too late
  bool timed_out_ = false;
  bool aborted_ = false;
};

}  // namespace

std::shared_ptr<TimedSocket> TimedSocket::Adopt(EventLoop& loop, int socket) {
  tcp::socket owned(*loop.context());
  error_code error;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  owned.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, error);
  if (error) {
    close(socket);
    return nullptr;
  }
  owned.non_blocking(true, error);
  return std::make_shared<AsioSocket>(std::move(owned));
}

}  // namespace doclayout::http
