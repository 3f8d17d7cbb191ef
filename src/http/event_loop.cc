#include "http/event_loop.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "base/cpu.h"

namespace doclayout::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kTurn(500);

Duration::rep Now() {
  return SteadyClock().Now().time_since_epoch().count();
}

}  // namespace

EventLoop::EventLoop(Logger& logger)
    : logger_(logger), last_turn_(Now()), context_(std::make_shared<asio::io_context>(1)), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() {
  context_->stop();
  thread_.join();
}

void EventLoop::Post(std::function<void()> function) {
  asio::post(*context_, std::move(function));
}

void EventLoop::PostAfter(Duration delay, std::function<void()> function) {
  // The timer is made and dies on the I/O thread: it is not thread-safe.
  Post([this, delay, function = std::move(function)]() mutable {
    auto timer = std::make_shared<asio::steady_timer>(*context_, delay);
    timer->async_wait([timer, function = std::move(function)](const boost::system::error_code& error) {
      if (!error) function();
    });
  });
}

void EventLoop::Turn() {
  last_turn_ = Now();
  PostAfter(kTurn, [this] { Turn(); });
}

void EventLoop::Run() {
  NameThread("http-io");
  ShortenTurns();
  thread_id_ = gettid();
  Turn();
  const auto work = asio::make_work_guard(*context_);
  while (!context_->stopped()) {
    try {
      context_->run();
    } catch (const std::exception& exception) {
      logger_.Write(LogLevel::kError, "io_thread_exception", {{"reason", exception.what()}});
    }
  }
}

}  // namespace doclayout::http
