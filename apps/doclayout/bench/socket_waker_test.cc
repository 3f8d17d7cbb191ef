#include "bench/socket_waker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <vector>

namespace doclayout::bench {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;

struct Pair {
  std::array<int, 2> ends{};

  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0); }
  ~Pair() {
    for (const int end : ends) close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int own() const { return ends[0]; }
  void Send() const { EXPECT_EQ(write(ends[1], "x", 1), 1); }
};

/// Long enough for any machine, and never waited for where something comes.
TimePoint Later() {
  return steady_clock::now() + std::chrono::minutes(1);
}

std::vector<int> Woken(SocketWaker& waker, TimePoint until) {
  std::vector<int> sockets;
  for (const epoll_event& event : waker.Wait(until)) sockets.push_back(event.data.fd);
  return sockets;
}

TEST(SocketWaker, WakesWhenItIsTimeAndNotBefore) {
  SocketWaker waker(-1);
  ASSERT_TRUE(waker.good());
  const TimePoint until = steady_clock::now() + std::chrono::milliseconds(5);

  EXPECT_THAT(Woken(waker, until), IsEmpty());

  EXPECT_GE(steady_clock::now(), until);
  EXPECT_THAT(Woken(waker, until), IsEmpty()) << "a moment that has passed is no wait";
}

TEST(SocketWaker, TellsWhichSocketHasSomethingToRead) {
  const Pair first;
  const Pair second;
  SocketWaker waker(-1);
  waker.Watch(first.own(), EPOLLIN);
  waker.Watch(second.own(), EPOLLIN);
  second.Send();

  EXPECT_THAT(Woken(waker, Later()), ElementsAre(second.own()));
}

TEST(SocketWaker, TakesTheLastWishAndForgets) {
  const Pair pair;
  SocketWaker waker(-1);
  waker.Watch(pair.own(), EPOLLIN);
  waker.Watch(pair.own(), EPOLLOUT);
  pair.Send();

  const auto events = waker.Wait(Later());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].events, EPOLLOUT);

  waker.Forget(pair.own());
  EXPECT_THAT(Woken(waker, steady_clock::now()), IsEmpty());
}

TEST(SocketWaker, DoesNotTellOfTheOther) {
  const Pair other;
  const Pair pair;
  SocketWaker waker(other.own());
  waker.Watch(pair.own(), EPOLLIN);
  other.Send();
  pair.Send();

  EXPECT_THAT(Woken(waker, Later()), ElementsAre(pair.own()));
  EXPECT_THAT(Woken(waker, Later()), ElementsAre(pair.own())) << "what nobody read is told again";
}

TEST(SocketWaker, TellsAllOfManySocketsInSeveralTurns) {
  std::vector<std::unique_ptr<Pair>> pairs;
  SocketWaker waker(-1);
  for (int i = 0; i < 100; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    waker.Watch(pairs.back()->own(), EPOLLIN);
    pairs.back()->Send();
  }

  std::set<int> told;
  while (told.size() < pairs.size()) {
    const std::vector<int> sockets = Woken(waker, Later());
    ASSERT_FALSE(sockets.empty());
    for (const int socket : sockets) {
      told.insert(socket);
      waker.Forget(socket);
    }
  }
  EXPECT_EQ(told.size(), 100U);
}

}  // namespace
}  // namespace doclayout::bench
