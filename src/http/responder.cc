#include "http/responder.h"

#include "http/problem.h"

namespace doclayout::http {

Responder::~Responder() {
  // The id is not known here; the header carries it.
  if (send_) Send(ProblemResponse({ProblemTypeOf(ErrorCode::kInternal), "the request was dropped; try again"}, ""));
}

void Responder::Send(Response response) {
  const auto send = std::exchange(send_, nullptr);
  if (send) send(std::move(response));
}

}  // namespace doclayout::http
