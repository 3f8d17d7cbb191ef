#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace doclayout {

/// What went wrong, in terms of the work and not of any protocol. `http/` maps each to a status and a problem type.
enum class ErrorCode {
  kBadRequest,        ///< the request is not well-formed
  kBadParameter,      ///< a parameter is unknown or out of its range; the message names it
  kTooLarge,          ///< a limit on bytes, pixels or pages
  kUnsupportedMedia,  ///< a type of document that is not read
  kUndecodable,       ///< the right type, but broken
  kEncrypted,         ///< a document that needs a password
  kEmpty,             ///< nothing in it
  kNotFound,          ///< no such file or resource
  kOverloaded,        ///< the queue is full: try again later
  kNotReady,          ///< the model is not loaded yet
  kDraining,          ///< shutting down: try another instance
  kDeadlineExceeded,  ///< the time allowed has passed
  kCancelled,         ///< the caller went away
  kBadModel,          ///< a model file that is missing, broken or of an unknown family
  kInternal,          ///< our fault
};

/// The code's stable name, as in `problem+json`: "too_large".
std::string_view ErrorCodeName(ErrorCode code);

/// An error is a value: what kind, and one sentence that says what was wrong and what is allowed.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace doclayout
