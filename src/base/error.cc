#include "base/error.h"

namespace doclayout {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRequest:
      return "bad_request";
    case ErrorCode::kBadParameter:
      return "bad_parameter";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kUnsupportedMedia:
      return "unsupported_media";
    case ErrorCode::kUndecodable:
      return "undecodable";
    case ErrorCode::kEncrypted:
      return "encrypted";
    case ErrorCode::kEmpty:
      return "empty";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kOverloaded:
      return "overloaded";
    case ErrorCode::kNotReady:
      return "not_ready";
    case ErrorCode::kDraining:
      return "draining";
    case ErrorCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kBadModel:
      return "bad_model";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace doclayout
