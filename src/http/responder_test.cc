#include "http/responder.h"

#include <gtest/gtest.h>

#include <vector>

namespace doclayout::http {
namespace {

TEST(Responder, SendsOnce) {
  std::vector<int> sent;
  {
    Responder responder([&](const Response& response) { sent.push_back(response.status); });
    responder.Send(Response{.status = 204});
    responder.Send(Response{.status = 205});
  }

  EXPECT_EQ(sent, std::vector{204});
}

TEST(Responder, NeverLeavesACallerWaiting) {
  std::vector<int> sent;
  {
    Responder dropped([&](const Response& response) { sent.push_back(response.status); });
    const Responder moved = std::move(dropped);
  }

  EXPECT_EQ(sent, std::vector{500});
}

}  // namespace
}  // namespace doclayout::http
