#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace doclayout::http {

/// How reading or writing ended.
enum class IoEnd {
  kDone,         ///< bytes were read, or all were written
  kGone,         ///< the caller closed, or the connection broke or was cut
  kTimeout,      ///< the time was up
  kInterrupted,  ///< `Interrupt` was called
};

/// A caller's TCP socket whose every operation has a limit of time.
///
/// For `connection.cc` only: nothing else includes Asio's coroutines. I/O thread only; never blocks. Always in a
/// `shared_ptr`, which must outlive the coroutines that wait in it.
class TimedSocket : public std::enable_shared_from_this<TimedSocket> {
 public:
  explicit TimedSocket(boost::asio::ip::tcp::socket socket);

  /// Appends what has arrived to `buffer`, at most `most` bytes; waits for it until `until`.
  boost::asio::awaitable<IoEnd> ReadSome(std::string& buffer, std::size_t most, TimePoint until);

  /// Writes both, one behind the other, whole.
  boost::asio::awaitable<IoEnd> Write(std::string_view head, std::string_view body, TimePoint until);

  /// Calls `left` when the caller closes its side before `Interrupt` is called. A caller who sends something meanwhile
  /// is not watched further.
  void WatchCaller(std::function<void()> left);

  /// Ends what waits, with `kInterrupted`.
  void Interrupt();

  /// Ends it now: what waits and what comes later gets `kGone`.
  void Abort();

  void Close();
  void ShutdownSend();
  bool HasUnread();  ///< bytes have arrived that were not read
  bool aborted() const { return aborted_; }
  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

 private:
  void ArmTimer(TimePoint until);
  bool DisarmTimer();
  bool CallerLeft();
  IoEnd EndOf(const boost::system::error_code& error, bool timed_out) const;

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  unsigned timer_generation_ = 0;  // a handler of an older one is too late
  bool timed_out_ = false;
  bool aborted_ = false;
};

}  // namespace doclayout::http
