#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "http/limits.h"
#include "http/problem.h"
#include "http/request_head.h"

namespace doclayout::http {

/// One HTTP/1 request out of bytes, without a socket: a new one for each request.
///
/// Not thread-safe. Never blocks. What it cannot accept it says as a `Problem`, behind which the connection is of no
/// further use: where the next request would begin is then not known.
class RequestParser {
 public:
  enum class Progress {
    kNeedMore,  ///< the bytes that were not consumed have to be given again, with more behind them
    kHead,      ///< `head` is complete, the body is still to come
    kDone,      ///< the request is complete; bytes that were not consumed belong to the next one
  };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();

  /// Parses from the start of `bytes`, which must not be empty, and says in `consumed` how many it is done with. Stops
  /// once behind the head, so that it can be judged before the body is read. The body's limit holds for chunked bodies
  /// only: a Content-Length is known before and for others to refuse.
  tl::expected<Progress, Problem> Put(std::string_view bytes, std::size_t& consumed);

  bool started() const;  ///< whether a byte of a request was seen
  bool done() const;
  const RequestHead& head() const;
  /// Bytes of the body that are still to come, of a body with a Content-Length.
  std::uint64_t remaining() const;
  std::uint64_t body_bytes() const;  ///< of the body, without what frames its chunks, so far
  std::string TakeBody();
  /// What is still to come of the body is read past and not kept.
  void DiscardBody();

 private:
  class Parser;

  const std::unique_ptr<Parser> parser_;
};

}  // namespace doclayout::http
