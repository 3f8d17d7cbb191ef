#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/response.h"

namespace doclayout::http {

/// A kind of error as callers see it. The one table of codes and statuses is in problem.cc; docs/api.md explains each.
struct ProblemType {
  std::string_view code;  ///< stable: programs compare it
  int status;
  std::string_view title;  ///< the same for every problem of this type
};

// What HTTP itself adds to the errors of the work.
extern const ProblemType kMethodNotAllowed;
extern const ProblemType kRequestTimeout;
extern const ProblemType kHeaderTooLarge;
extern const ProblemType kModelRefused;  ///< a model that the operator wants to be served
extern const ProblemType kExpectationFailed;
extern const ProblemType kHttpVersion;
extern const ProblemType kUnauthorized;
extern const ProblemType kForbidden;
extern const ProblemType kRateLimited;

/// The type of an error of the work.
const ProblemType& ProblemTypeOf(ErrorCode code);

/// Every type there is.
std::span<const ProblemType* const> AllProblemTypes();

/// One error, ready to be told. A plain value.
struct Problem {
  Problem(const ProblemType& problem_type, std::string what, std::optional<Rejection> why = std::nullopt)
      : type(&problem_type), detail(std::move(what)), rejection(why) {}
  explicit Problem(Error error) : Problem(ProblemTypeOf(error.code), std::move(error.message)) {}

  const ProblemType* type;
  std::string detail;  ///< one sentence: what was wrong and what is allowed
  std::optional<Rejection> rejection;
  int retry_after_seconds = 0;  ///< 0: no Retry-After
  std::vector<Header> headers;
  bool close = false;  ///< as in `Response`
};

/// 503 `overloaded`, with Retry-After.
Problem Overloaded(std::string what, Rejection why, int retry_after_seconds);

/// `application/problem+json` (RFC 9457). Thread-safe; bytes that are not UTF-8 are replaced.
Response ProblemResponse(const Problem& problem, std::string_view request_id);

}  // namespace doclayout::http
