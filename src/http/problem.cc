#include "http/problem.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace doclayout::http {
namespace {

constexpr ProblemType kBadRequest{"bad_request", 400, "The request is malformed"};
constexpr ProblemType kBadParameter{"bad_parameter", 400, "A parameter is not allowed"};
constexpr ProblemType kTooLarge{"too_large", 413, "The document is too large"};
constexpr ProblemType kUnsupportedMedia{"unsupported_media", 415, "The type of document is not read"};
constexpr ProblemType kUndecodable{"undecodable", 422, "The document is broken"};
constexpr ProblemType kEncrypted{"encrypted", 422, "The document is encrypted"};
constexpr ProblemType kEmpty{"empty", 422, "The document is empty"};
constexpr ProblemType kNotFound{"not_found", 404, "There is nothing here"};
constexpr ProblemType kOverloaded{"overloaded", 503, "The service is at its limit"};
constexpr ProblemType kNotReady{"not_ready", 503, "The service is not ready yet"};
constexpr ProblemType kDraining{"draining", 503, "The service is shutting down"};
constexpr ProblemType kDeadlineExceeded{"deadline_exceeded", 504, "The time allowed has passed"};
constexpr ProblemType kCancelled{"cancelled", 499, "The caller went away"};  // never sent: there is nobody to read it
constexpr ProblemType kInternal{"internal", 500, "The service failed"};

}  // namespace

constexpr ProblemType kMethodNotAllowed{"method_not_allowed", 405, "The method is not allowed here"};
constexpr ProblemType kRequestTimeout{"request_timeout", 408, "The request came too slowly"};
constexpr ProblemType kHeaderTooLarge{"header_too_large", 431, "The header is too large"};
constexpr ProblemType kModelRefused{"bad_model", 422, "The model cannot be used"};
constexpr ProblemType kExpectationFailed{"expectation_failed", 417, "The expectation is not met"};
constexpr ProblemType kHttpVersion{"http_version", 505, "The HTTP version is not spoken"};
constexpr ProblemType kUnauthorized{"unauthorized", 401, "A key is needed"};
constexpr ProblemType kForbidden{"forbidden", 403, "The key does not allow this"};
constexpr ProblemType kRateLimited{"rate_limited", 429, "The client sends too much"};

const ProblemType& ProblemTypeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRequest:
      return kBadRequest;
    case ErrorCode::kBadParameter:
      return kBadParameter;
    case ErrorCode::kTooLarge:
      return kTooLarge;
    case ErrorCode::kUnsupportedMedia:
      return kUnsupportedMedia;
    case ErrorCode::kUndecodable:
      return kUndecodable;
    case ErrorCode::kEncrypted:
      return kEncrypted;
    case ErrorCode::kEmpty:
      return kEmpty;
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kOverloaded:
      return kOverloaded;
    case ErrorCode::kNotReady:
      return kNotReady;
    case ErrorCode::kDraining:
      return kDraining;
    case ErrorCode::kDeadlineExceeded:
      return kDeadlineExceeded;
    case ErrorCode::kCancelled:
      return kCancelled;
    case ErrorCode::kBadModel:
    case ErrorCode::kInternal:
      return kInternal;
  }
  return kInternal;
}

std::span<const ProblemType* const> AllProblemTypes() {
  static constexpr std::array<const ProblemType*, 23> kAll = {
      &kBadRequest,  &kBadParameter, &kTooLarge,         &kUnsupportedMedia, &kUndecodable,    &kEncrypted,
      &kEmpty,       &kNotFound,     &kOverloaded,       &kNotReady,         &kDraining,       &kDeadlineExceeded,
      &kCancelled,   &kInternal,     &kMethodNotAllowed, &kRequestTimeout,   &kHeaderTooLarge, &kExpectationFailed,
      &kHttpVersion, &kUnauthorized, &kForbidden,        &kRateLimited,      &kModelRefused};
  return kAll;
}

Problem Overloaded(std::string what, Rejection why, int retry_after_seconds) {
  Problem problem(kOverloaded, std::move(what), why);
  problem.retry_after_seconds = retry_after_seconds;
  return problem;
}

Response ProblemResponse(const Problem& problem, std::string_view request_id) {
  nlohmann::ordered_json json;
  json["type"] = fmt::format("/problems/{}", problem.type->code);
  json["title"] = problem.type->title;
  json["status"] = problem.type->status;
  json["detail"] = problem.detail;
  json["code"] = problem.type->code;
  json["request_id"] = request_id;

  Response response;
  response.status = problem.type->status;
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  if (problem.retry_after_seconds > 0) {
    response.headers.push_back({"Retry-After", fmt::format("{}", problem.retry_after_seconds)});
  }
  response.body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  response.close = problem.close;
  response.error_code = problem.type->code;
  response.rejection = problem.rejection;
  return response;
}

}  // namespace doclayout::http
