#include "http/responder.h"

#include <exception>

#include "http/problem.h"

namespace doclayout::http {

Responder::~Responder() {
  if (!send_) return;
  try {
    // The id is not known here; the header carries it.
    Send(ProblemResponse({ProblemTypeOf(ErrorCode::kInternal), "the request was dropped; try again"}, ""));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
    // No memory even for this. A destructor must not throw; the caller sees its own time-out.
  }
}

void Responder::Send(Response response) {
  const auto send = std::exchange(send_, nullptr);
  if (send) send(std::move(response));
}

}  // namespace doclayout::http
