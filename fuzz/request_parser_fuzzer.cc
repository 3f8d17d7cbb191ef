// Any bytes as requests on one connection, given in pieces as they would arrive: the first byte seeds the pieces'
// sizes. How bytes arrive must not matter, so that each request is also parsed from all bytes at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace {

using doclayout::http::Limits;
using doclayout::http::RequestParser;

constexpr Limits kLimits = {.max_body_bytes = 500, .max_header_bytes = 300};

/// What came of one request.
struct Outcome {
  int status = 0;  // of the problem; 0 for none
  bool done = false;
  std::string method;
  std::string target;
  std::string body;
  std::size_t consumed = 0;
};

/// As http/connection.cc does: what is not consumed is given again, with more behind it.
template <typename NextPiece>
Outcome ReadRequest(std::string_view bytes, NextPiece next_piece) {
  RequestParser parser(kLimits);
  Outcome outcome;
  std::size_t arrived = 0;
  while (!parser.done()) {
    std::size_t consumed = 0;
    if (arrived > outcome.consumed) {
      const auto progress = parser.Put(bytes.substr(outcome.consumed, arrived - outcome.consumed), consumed);
      if (consumed > arrived - outcome.consumed) std::abort();
      outcome.consumed += consumed;
      if (!progress) {
        outcome.status = progress.error().type->status;
        break;
      }
      if (*progress == RequestParser::Progress::kDone) break;
      // Stopped behind the head, or took what it had: the rest is looked at again before more is read.
      if (consumed > 0 && arrived > outcome.consumed) continue;
    }
    if (arrived == bytes.size()) break;
    arrived += std::min(bytes.size() - arrived, next_piece());
  }
  outcome.done = outcome.status == 0 && parser.done();
  outcome.method = parser.head().method;
  outcome.target = parser.head().target;
  outcome.body = parser.TakeBody();
  return outcome;
}

void Check(const Outcome& outcome) {
  if (outcome.target.size() > kLimits.max_header_bytes) std::abort();
  if (outcome.done && outcome.method.empty()) std::abort();
  for (const char c : outcome.target) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') std::abort();  // it goes into the log
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::uint32_t seed = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto piece = [&seed]() -> std::size_t {
    seed = seed * 1664525U + 1013904223U;
    return 1 + (seed >> 24U) % 32;
  };
  while (!rest.empty()) {
    const Outcome pieces = ReadRequest(rest, piece);
    const Outcome whole = ReadRequest(rest, [&] { return rest.size(); });
    Check(pieces);
    Check(whole);
    if (pieces.done != whole.done) std::abort();
    if (!pieces.done) break;
    if (pieces.method != whole.method || pieces.target != whole.target || pieces.body != whole.body ||
        pieces.consumed != whole.consumed) {
      std::abort();
    }
    rest.remove_prefix(pieces.consumed);
  }
  return 0;
}
