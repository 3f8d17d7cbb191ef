#include "http/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace doclayout::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<tcp::endpoint> Resolve(const Listener::Options& options, asio::io_context& context) {
  error_code error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the host '{}' is not an address of this machine: {}", options.host, error.message()));
  }
  return found.begin()->endpoint();
}

class TcpListener final : public Listener, public std::enable_shared_from_this<TcpListener> {
 public:
  TcpListener(tcp::acceptor acceptor, Duration pause, Logger& logger)
      : acceptor_(std::move(acceptor)), timer_(acceptor_.get_executor()), pause_(pause), logger_(logger) {
    error_code ignored;
    port_ = acceptor_.local_endpoint(ignored).port();
  }

  int port() const override { return port_; }

  void Start(std::function<void(int socket)> accepted) override {
    accepted_ = std::move(accepted);
    Wait();
  }

  void Stop() override {
    if (!acceptor_.is_open()) return;
    AcceptAll();
    error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
  }

 private:
  void Wait() {
    acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor_.is_open()) self->OnReadable();
    });
  }

  void OnReadable() {
    if (AcceptAll()) {
      Wait();
      return;
    }
    timer_.expires_after(pause_);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->acceptor_.is_open()) self->Wait();
    });
  }

  /// Accepts until nobody waits; false when the machine has no room for more now.
  bool AcceptAll() {
    for (;;) {
      // Not Asio's accept: the socket changes hands as a number, and must not be inherited by child processes.
      const int socket = accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        accepted_(socket);
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      // These concern one connection, which is gone (accept(2), "Error handling").
      if (errno == EINTR || errno == ECONNABORTED || errno == EPERM || errno == EPROTO) continue;
      // EMFILE, ENFILE, ENOBUFS, ENOMEM; and whatever else it is, it must not spin.
      logger_.Write(LogLevel::kWarning, "accept_paused", {{"reason", strerrordesc_np(errno)}});
      return false;
    }
  }

  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  const Duration pause_;
  Logger& logger_;
  int port_ = 0;
  std::function<void(int socket)> accepted_;
};

}  // namespace

Result<std::shared_ptr<Listener>> Listener::Open(const Options& options, EventLoop& loop, Logger& logger) {
  const Result<tcp::endpoint> endpoint = Resolve(options, *loop.context());
  if (!endpoint) return Fail(endpoint.error());
  const auto failed = [&](const char* what, const error_code& error) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("cannot {} {} port {}: {}", what, options.host, options.port, error.message()));
  };
  error_code error;
  tcp::acceptor acceptor(*loop.context());
  if (acceptor.open(endpoint->protocol(), error); error) return failed("open a socket for", error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (endpoint->address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (acceptor.bind(*endpoint, error); error) return failed("bind", error);
  if (acceptor.listen(tcp::acceptor::max_listen_connections, error); error) return failed("listen on", error);
  if (acceptor.non_blocking(true, error); error) return failed("listen on", error);
  return std::make_shared<TcpListener>(std::move(acceptor), options.pause, logger);
}

}  // namespace doclayout::http
