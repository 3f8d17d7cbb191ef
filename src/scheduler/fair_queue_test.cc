#include "scheduler/fair_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace doclayout::scheduler {
namespace {

void AddWithPages(FairQueue& queue, RequestId request, std::string_view client, int pages,
                  Priority priority = Priority::kInteractive) {
  queue.Add(request, client, priority);
  for (int page = 0; page < pages; ++page) queue.Push({request, page});
}

/// The requests of the next `count` pages.
std::vector<RequestId> PopRequests(FairQueue& queue, int count) {
  std::vector<RequestId> requests;
  for (int i = 0; i < count; ++i) requests.push_back(queue.Pop()->request);
  return requests;
}

TEST(FairQueue, IsEmptyAtFirst) {
  FairQueue queue({});

  EXPECT_FALSE(queue.Pop());
  EXPECT_EQ(queue.size(), 0U);
}

TEST(FairQueue, ServesEqualRequestsInTheirOrder) {
  FairQueue queue({});
  for (RequestId id = 1; id <= 4; ++id) AddWithPages(queue, id, "a", 1);

  EXPECT_EQ(PopRequests(queue, 4), (std::vector<RequestId>{1, 2, 3, 4}));
}

TEST(FairQueue, KeepsTheOrderOfPages) {
  FairQueue queue({});
  AddWithPages(queue, 1, "a", 3);

  for (int page = 0; page < 3; ++page) EXPECT_EQ(queue.Pop(), (PageRef{1, page}));
}

TEST(FairQueue, GivesEachClientItsTurn) {
  FairQueue queue({});
  AddWithPages(queue, 1, "many", 1000);
  AddWithPages(queue, 2, "one", 1);

  EXPECT_EQ(PopRequests(queue, 3), (std::vector<RequestId>{1, 2, 1}));
}

TEST(FairQueue, GivesEachRequestOfAClientItsTurn) {
  FairQueue queue({});
  AddWithPages(queue, 1, "a", 1000);
  AddWithPages(queue, 2, "a", 2);

  EXPECT_EQ(PopRequests(queue, 5), (std::vector<RequestId>{1, 2, 1, 2, 1}));
}

TEST(FairQueue, SharesByClientAndNotByRequest) {
  FairQueue queue({});
  for (RequestId id = 1; id <= 9; ++id) AddWithPages(queue, id, "many requests", 10);
  AddWithPages(queue, 10, "one request", 10);

  std::map<bool, int> taken;
  for (const RequestId id : PopRequests(queue, 20)) ++taken[id == 10];

  EXPECT_EQ(taken[true], 10);
}

TEST(FairQueue, DoesNotSaveUpTurnsOfTheIdle) {
  FairQueue queue({});
  AddWithPages(queue, 1, "early", 100);
  PopRequests(queue, 50);
  AddWithPages(queue, 2, "late", 100);

  std::map<RequestId, int> taken;
  for (const RequestId id : PopRequests(queue, 20)) ++taken[id];

  EXPECT_EQ(taken[1], 10);
  EXPECT_EQ(taken[2], 10);
}

/// A caller with one page at a time must not get more than its share by coming back quickly.
TEST(FairQueue, RemembersWhoLeavesAndComesBack) {
  FairQueue queue({});
  AddWithPages(queue, 1, "steady", 100);
  int of_returning = 0;
  RequestId next = 2;
  AddWithPages(queue, next, "returning", 1);

  for (int i = 0; i < 40; ++i) {
    const RequestId taken = queue.Pop()->request;
    if (taken == 1) continue;
    ++of_returning;
    queue.Remove(taken);
    AddWithPages(queue, ++next, "returning", 1);
  }

  EXPECT_EQ(of_returning, 20);
}

TEST(FairQueue, GivesBulkItsShareAndNoMore) {
  FairQueue queue({.bulk_share = 0.125});
  AddWithPages(queue, 1, "a", 1000);
  AddWithPages(queue, 2, "b", 1000, Priority::kBulk);

  int bulk = 0;
  for (const RequestId id : PopRequests(queue, 800)) bulk += id == 2 ? 1 : 0;

  EXPECT_EQ(bulk, 100);
}

TEST(FairQueue, GivesBulkAllThatNobodyElseWants) {
  FairQueue queue({});
  AddWithPages(queue, 1, "b", 3, Priority::kBulk);

  EXPECT_EQ(PopRequests(queue, 3), (std::vector<RequestId>{1, 1, 1}));
  EXPECT_FALSE(queue.Pop());
}

TEST(FairQueue, TellsWhichPagesOfARemovedRequestWaited) {
  FairQueue queue({});
  AddWithPages(queue, 1, "a", 3);
  AddWithPages(queue, 2, "a", 1);
  queue.Pop();

  EXPECT_EQ(queue.Remove(1), (std::vector<int>{1, 2}));
  EXPECT_EQ(queue.Remove(1), std::vector<int>());

  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.Pop()->request, 2U);
}

TEST(FairQueue, CountsWhatWaits) {
  FairQueue queue({});
  AddWithPages(queue, 1, "a", 3);
  AddWithPages(queue, 2, "b", 2, Priority::kBulk);

  EXPECT_EQ(queue.size(), 5U);
  EXPECT_EQ(queue.size(Priority::kBulk), 2U);
  EXPECT_EQ(queue.size(RequestId{1}), 3U);
}

}  // namespace
}  // namespace doclayout::scheduler
