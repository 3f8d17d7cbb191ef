#pragma once

#include <functional>
#include <utility>

#include "http/response.h"

namespace doclayout::http {

/// The one chance to answer a request. Moves, so that there is one owner.
///
/// May be used from any thread, by one at a time; never blocks. Destroyed without an answer it answers 500 itself: a
/// request is never left waiting. Answering a caller who has gone does nothing.
class Responder {
 public:
  explicit Responder(std::function<void(Response)> send) : send_(std::move(send)) {}
  ~Responder();

  Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  Responder& operator=(Responder&&) = delete;
  Responder(const Responder&) = delete;

  /// Once.
  void Send(Response response);

 private:
  std::function<void(Response)> send_;
};

}  // namespace doclayout::http
