#include "http/analyze/answer_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace doclayout::http {
namespace {

using scheduler::Priority;
using Joined = std::variant<SharedLayouts, AnswerCache::Lead, AnswerCache::Place>;

const ModelIdentity kModel{.name = "m", .sha256 = "00", .family = "f"};

AnswerKey KeyOf(std::string_view document, std::string_view parameters = "", const ModelIdentity& model = kModel) {
  return MakeAnswerKey({reinterpret_cast<const std::uint8_t*>(document.data()), document.size()}, parameters, model);
}

SharedLayouts Layouts(int width = 1) {
  return std::make_shared<const std::vector<PageLayout>>(1, PageLayout{.width = width});
}

/// One request: asks at once, and keeps what it gets.
class Caller {
 public:
  explicit Caller(const std::shared_ptr<AnswerCache>& cache, AnswerKey key = KeyOf("a"),
                  Priority priority = Priority::kInteractive) {
    Joined joined = cache->Join(key, priority, [this](AnswerCache::Turn turn) { Take(std::move(turn)); });
    if (auto* found = std::get_if<SharedLayouts>(&joined)) layouts = *found;
    if (auto* own = std::get_if<AnswerCache::Lead>(&joined)) lead = std::move(*own);
    if (auto* own = std::get_if<AnswerCache::Place>(&joined)) place = std::move(*own);
  }

  bool waits() const { return place && !lead && !layouts; }

  SharedLayouts layouts;
  std::optional<AnswerCache::Lead> lead;
  std::optional<AnswerCache::Place> place;
  bool wants_lead = true;

 private:
  void Take(AnswerCache::Turn turn) {
    if (auto* found = std::get_if<SharedLayouts>(&turn)) layouts = *found;
    if (auto* own = std::get_if<AnswerCache::Lead>(&turn); own != nullptr && wants_lead) lead = std::move(*own);
  }
};

std::shared_ptr<AnswerCache> MakeCache(std::size_t most_bytes = 1 << 20) {
  return std::make_shared<AnswerCache>(most_bytes);
}

TEST(AnswerKey, IsTheSameForTheSame) {
  EXPECT_EQ(KeyOf("document", "nms=1"), KeyOf("document", "nms=1"));
}

TEST(AnswerKey, KeepsItsPartsApart) {
  const std::set<AnswerKey> keys = {
      KeyOf("ab", "cd"),
      KeyOf("b", "cda"),
      KeyOf("dab", "c"),
      KeyOf("ab", "d", {.name = "mc", .sha256 = "00", .family = "f"}),
      KeyOf("ab", "cd", {.name = "", .sha256 = "00", .family = "fm"}),
      KeyOf("ab", "cd", {.name = "m", .sha256 = "00f", .family = ""}),
      KeyOf("ab", "cd", {.name = "m", .sha256 = "01", .family = "f"}),
      KeyOf("ab", "cd", {.name = "m", .sha256 = "00", .family = "f", .settings_sha256 = "01"}),
      KeyOf("2:cdab", "", kModel),
      KeyOf("", ""),
  };

  EXPECT_EQ(keys.size(), 10);
}

TEST(AnswerCache, LetsTheFirstLead) {
  const auto cache = MakeCache();

  EXPECT_TRUE(Caller(cache).lead);
  EXPECT_EQ(cache->bytes(), 0);
}

TEST(AnswerCache, HasWhatWasFound) {
  const auto cache = MakeCache();
  const SharedLayouts found = Layouts();
  Caller(cache).lead->Fulfil(found);

  EXPECT_EQ(Caller(cache).layouts, found);
  EXPECT_GE(cache->bytes(), BytesOf(*found));
  EXPECT_TRUE(Caller(cache, KeyOf("b")).lead) << "another document";
}

TEST(AnswerCache, HandsWhatWasFoundToAllWhoWait) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller first(cache);
  Caller second(cache);
  ASSERT_TRUE(first.waits());
  const SharedLayouts found = Layouts();

  leader.lead->Fulfil(found);

  EXPECT_EQ(first.layouts, found);
  EXPECT_EQ(second.layouts, found);
}

TEST(AnswerCache, SharesWhatItDoesNotKeep) {
  const auto cache = MakeCache(1);
  Caller leader(cache);
  Caller follower(cache);

  leader.lead->Fulfil(Layouts());

  EXPECT_TRUE(follower.layouts);
  EXPECT_EQ(cache->bytes(), 0);
  EXPECT_EQ(cache->evictions(), 0);
  EXPECT_TRUE(Caller(cache).lead);
}

TEST(AnswerCache, CountsWhatItGivesUp) {
  const auto cache = MakeCache(BytesOf(*Layouts()) * 3 / 2 + 200);
  for (const char* document : {"a", "b", "c"}) Caller(cache, KeyOf(document)).lead->Fulfil(Layouts());

  EXPECT_EQ(cache->evictions(), 2);
  EXPECT_LE(cache->bytes(), cache->most_bytes());
}

TEST(AnswerCache, GivesTheLeadToTheOneWhoHasWaitedForTheLongest) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller first(cache);
  Caller second(cache);

  leader.lead.reset();

  EXPECT_TRUE(first.lead);
  EXPECT_TRUE(second.waits());
  first.lead->Fulfil(Layouts());
  EXPECT_TRUE(second.layouts);
}

TEST(AnswerCache, PassesOneByWhoDoesNotWantTheLead) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller first(cache);
  Caller second(cache);
  first.wants_lead = false;

  leader.lead.reset();

  EXPECT_FALSE(first.lead);
  EXPECT_TRUE(second.lead);
}

TEST(AnswerCache, DoesNotCallOneWhoHasLeft) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller first(cache);
  Caller second(cache);
  first.place.reset();

  leader.lead.reset();

  EXPECT_FALSE(first.lead);
  EXPECT_TRUE(second.lead);
}

TEST(AnswerCache, StartsAnewWhenNobodyWantsTheLead) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller follower(cache);
  follower.wants_lead = false;

  leader.lead.reset();

  EXPECT_TRUE(Caller(cache).lead);
}

TEST(AnswerCache, AsksThousandsWhoDoNotWantTheLeadWithoutDepth) {
  const auto cache = MakeCache();
  Caller leader(cache);
  std::vector<std::unique_ptr<Caller>> others;
  for (int i = 0; i < 100'000; ++i) {
    others.push_back(std::make_unique<Caller>(cache));
    others.back()->wants_lead = false;
  }
  Caller last(cache);

  leader.lead.reset();

  EXPECT_TRUE(last.lead);
}

TEST(AnswerCache, APlaceThatIsLeftLateHarmsNobody) {
  const auto cache = MakeCache();
  Caller leader(cache);
  Caller follower(cache);
  leader.lead->Fulfil(Layouts());

  follower.place.reset();

  EXPECT_TRUE(Caller(cache).layouts);
}

TEST(AnswerCache, LetsInteractiveRequestsNotWaitForBulkOnes) {
  const auto cache = MakeCache();
  Caller bulk(cache, KeyOf("a"), Priority::kBulk);
  Caller interactive(cache);

  ASSERT_TRUE(interactive.lead);
  EXPECT_TRUE(Caller(cache, KeyOf("a"), Priority::kBulk).waits());
  interactive.lead->Fulfil(Layouts());
  bulk.lead->Fulfil(Layouts());

  EXPECT_TRUE(Caller(cache, KeyOf("a"), Priority::kBulk).layouts);
}

TEST(AnswerCache, OutlivesItsOwnerForWhoLeads) {
  auto cache = MakeCache();
  Caller leader(cache);
  Caller follower(cache);
  cache.reset();

  leader.lead->Fulfil(Layouts());

  EXPECT_TRUE(follower.layouts);
}

/// One of many who ask for the same few documents, some of whom leave: each who stays must be served, and nobody leads
/// while another does.
class Stress {
 public:
  /// One thread's requests.
  void Run(unsigned seed) {
    std::minstd_rand random(seed);
    for (int i = 0; i < 500; ++i) Request(static_cast<int>(random() % 3), random() % 4 == 0, random() % 8 == 0);
  }

  int served() const { return served_; }
  int left() const { return left_; }
  int overlaps() const { return overlaps_; }

 private:
  struct Waiting {
    std::atomic<bool> left = false;
    std::atomic<bool> done = false;
  };

  void Request(int document, bool fails, bool leaves) {
    const auto waiting = std::make_shared<Waiting>();
    const auto take = [this, document, fails, waiting](AnswerCache::Turn turn) {
      if (auto* lead = std::get_if<AnswerCache::Lead>(&turn)) {
        if (waiting->left.exchange(true)) return;
        Analyse(document, fails, std::move(*lead));
      } else if (waiting->left.exchange(true)) {
        return;
      }
      waiting->done = true;
      waiting->done.notify_all();
    };
    Joined joined = cache_->Join(KeyOf(std::to_string(document)), Priority::kInteractive, take);
    if (auto* lead = std::get_if<AnswerCache::Lead>(&joined)) return take(std::move(*lead));
    if (auto* layouts = std::get_if<SharedLayouts>(&joined)) return take(*layouts);
    if (leaves && !waiting->left.exchange(true)) {
      ++left_;
      return;  // with its place
    }
    waiting->done.wait(false);
  }

  void Analyse(int document, bool fails, AnswerCache::Lead lead) {
    if (leads_.at(static_cast<std::size_t>(document))++ > 0) ++overlaps_;
    std::this_thread::yield();
    --leads_.at(static_cast<std::size_t>(document));
    if (!fails) lead.Fulfil(Layouts(document));
    ++served_;
  }

  const std::shared_ptr<AnswerCache> cache_ = MakeCache(BytesOf(*Layouts()) + 250);  // room for one
  std::vector<std::atomic<int>> leads_ = std::vector<std::atomic<int>>(3);
  std::atomic<int> served_ = 0;
  std::atomic<int> left_ = 0;
  std::atomic<int> overlaps_ = 0;
};

TEST(AnswerCache, ServesAllWhoStayFromManyThreads) {
  Stress stress;
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 8; ++seed) threads.emplace_back([&stress, seed] { stress.Run(seed); });
  }

  EXPECT_EQ(stress.overlaps(), 0);
  EXPECT_GT(stress.served(), 0);
}

}  // namespace
}  // namespace doclayout::http
