// Clients who always have work, against the policy, in simulated time: shares are fair and nobody starves.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "scheduler/policy.h"

namespace doclayout::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Random numbers of a seed.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}

  int Among(int from, int to) { return std::uniform_int_distribution<>(from, to)(random_); }
  double Between(double from, double to) { return std::uniform_real_distribution<>(from, to)(random_); }

 private:
  std::mt19937 random_;
};

Policy::Options WithRoomForAll(int slots) {
  Policy::Options options;
  options.slots = slots;
  options.queue_capacity = 1000;
  return options;
}

/// Clients that always have work share the slots; how many requests and pages each has does not matter.
TEST(PolicyFairness, SharesAreFairWithinATenth) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance(seed);
    Policy::Options options = WithRoomForAll(chance.Among(1, 4));
    Policy policy(options);
    const int clients = chance.Among(2, 10);
    std::map<RequestId, std::string> owner;
    std::map<std::string, int> waiting;
    std::map<std::string, int> taken;
    const TimePoint now{seconds(1)};
    constexpr int kTurns = 200;
    for (int turn = 0; turn < kTurns * clients; ++turn) {
      for (int i = 0; i < clients; ++i) {
        const std::string client = std::to_string(i);
        // Client 0 has the most to do, in the largest pieces.
        while (waiting[client] < (i == 0 ? 100 : 3)) {
          const int pages = i == 0 ? chance.Among(50, 200) : chance.Among(1, 5);
          const auto id = policy.Admit({.client = client, .pages = pages}, now);
          ASSERT_TRUE(id);
          owner[*id] = client;
          for (int page = 0; page < pages; ++page) policy.Push({*id, page}, now);
          waiting[client] += pages;
        }
      }
      const auto assignment = policy.Take(now);
      ASSERT_TRUE(assignment);
      const std::string& client = owner.at(assignment->pages[0].request);
      ++taken[client];
      --waiting[client];
      policy.Complete(assignment->slot, false, now);
    }
    for (const auto& [client, count] : taken) EXPECT_NEAR(count, kTurns, 0.1 * kTurns) << "client " << client;
    EXPECT_EQ(taken.size(), static_cast<std::size_t>(clients));
  }
}

/// The same while slots work at once and for different times, documents are read a few pages ahead, batches are
/// gathered and bulk work has its share: what a client gets does not depend on how its pages come.
TEST(PolicyFairness, SharesAreFairWhilePagesComeOneByOne) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance(seed);
    Policy::Options options = WithRoomForAll(chance.Among(1, 4));
    options.batches.max_batch_size = chance.Among(1, 4);
    options.fairness.bulk_share = chance.Between(0.1, 0.5);
    Policy policy(options);
    const int interactive = chance.Among(2, 6);
    const int bulk = chance.Among(0, 3);
    const int ahead = options.slots * options.batches.max_batch_size + 1;

    struct Document {
      int client = 0;
      int pages = 0;
      int pushed = 0;
      int done = 0;
    };
    std::map<RequestId, Document> documents;
    std::vector<int> open(static_cast<std::size_t>(interactive + bulk), 0);
    std::vector<double> taken(open.size(), 0);
    std::multimap<TimePoint, Policy::Assignment> running;
    TimePoint now{seconds(1)};
    const int turns = 400 * (interactive + bulk);
    for (int turn = 0; turn < turns;) {
      for (std::size_t i = 0; i < open.size(); ++i) {
        // Client 0 has long documents and many of them.
        while (open[i] < (i == 0 ? 8 : 2)) {
          const Priority priority = static_cast<int>(i) < interactive ? Priority::kInteractive : Priority::kBulk;
          const int pages = i == 0 ? chance.Among(20, 60) : chance.Among(ahead, 2 * ahead);
          const auto id = policy.Admit({.client = std::to_string(i), .priority = priority, .pages = pages}, now);
          ASSERT_TRUE(id);
          documents[*id] = {.client = static_cast<int>(i), .pages = pages};
          ++open[i];
        }
      }
      for (auto& [id, document] : documents) {
        while (document.pushed < std::min(document.pages, document.done + ahead)) {
          policy.Push({id, document.pushed++}, now);
        }
      }
      while (const auto assignment = policy.Take(now)) {
        running.emplace(now + milliseconds(chance.Among(50, 150)), *assignment);
        for (const PageRef& page : assignment->pages) {
          ++taken[static_cast<std::size_t>(documents.at(page.request).client)];
          ++turn;
        }
      }
      ASSERT_FALSE(running.empty());
      now = running.begin()->first;
      const Policy::Assignment done = running.begin()->second;
      running.erase(running.begin());
      policy.Complete(done.slot, false, now);
      for (const PageRef& page : done.pages) {
        Document& document = documents.at(page.request);
        if (++document.done < document.pages) continue;
        policy.Leave(page.request);
        --open[static_cast<std::size_t>(document.client)];
        documents.erase(page.request);
      }
    }
    const double all = std::accumulate(taken.begin(), taken.end(), 0.0);
    const double of_bulk = bulk == 0 ? 0 : options.fairness.bulk_share;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const bool is_bulk = static_cast<int>(i) >= interactive;
      const double share = is_bulk ? of_bulk / bulk : (1 - of_bulk) / interactive;
      EXPECT_NEAR(taken[i], share * all, 0.1 * share * all) << "client " << i << (is_bulk ? ", bulk" : "");
    }
  }
}

/// Bulk behind a flood of interactive work, and a document of a client behind its own flood: each has its turn within a
/// bounded number of pages.
TEST(PolicyFairness, NobodyStarves) {
  for (const double share : {0.05, 0.125, 0.5}) {
    Policy::Options options = WithRoomForAll(1);
    options.fairness.bulk_share = share;
    Policy policy(options);
    const TimePoint now{seconds(1)};
    const auto push = [&](const RequestSpec& spec) {
      const auto id = policy.Admit(spec, now);
      ASSERT_TRUE(id);
      policy.Push({*id, 0}, now);
    };
    for (int i = 0; i < 100; ++i) push({.client = "a"});
    push({.client = "b", .priority = Priority::kBulk});

    int turns = 0;
    for (bool bulk = false; !bulk; ++turns) {
      const auto assignment = policy.Take(now);
      ASSERT_TRUE(assignment);
      bulk = assignment->pages[0].request == 101;
      policy.Complete(assignment->slot, false, now);
      push({.client = "a"});
    }

    EXPECT_LE(turns, static_cast<int>(std::ceil(1 / share)) + 1);
  }
}

}  // namespace
}  // namespace doclayout::scheduler
