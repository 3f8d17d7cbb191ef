#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "base/mutex.h"
#include "http/analyze/page_service.h"
#include "http/analyze/recent_layouts.h"
#include "metrics/registry.h"
#include "scheduler/priority.h"

namespace doclayout::http {

/// How the cache served a request.
enum class CacheUse {
  kMiss,    ///< it was analysed
  kHit,     ///< what was found before was there
  kShared,  ///< it waited for another that was being analysed
};

/// "miss", "hit" or "shared", as in the log and the metrics; static memory.
std::string_view CacheUseName(CacheUse use);

/// `parameters` in one spelling, as `AnalyzeQuery::canonical`. All that is known of the model counts: one file answers
/// differently with other settings. Thread-safe; blocks for a pass over the document, 1 to 3 ms a megabyte.
AnswerKey MakeAnswerKey(std::span<const std::uint8_t> document, std::string_view parameters,
                        const ModelIdentity& model);

/// Keeps what was found in documents, and has the same document analysed once when it is asked for at once.
///
/// Whoever asks (`Join`) gets what is kept; or the lead: it analyses, and fulfils it; or a place among those who wait
/// for the one who leads. A lead that is dropped, because its request failed, came too late or lost its caller, goes to
/// the one who has waited for the longest: nobody fails by what happens to another. A document that cannot be read is
/// thus tried by each, one after another.
///
/// Only requests of one priority wait for each other, or an interactive one would wait for a bulk one's turn.
///
/// Thread-safe; nothing blocks. Must be owned by a shared_ptr; leads and places keep it alive.
class AnswerCache : public std::enable_shared_from_this<AnswerCache> {
  struct Flight;
  /// What is analysed at once: at most one for each key and priority.
  using FlightKey = std::pair<AnswerKey, scheduler::Priority>;
  /// One of them; another that comes later for the same key has another number.
  struct FlightRef {
    FlightKey key;
    std::uint64_t number = 0;
  };

 public:
  /// The duty to analyse, which others may wait for. Moves; dropped it goes to the next. Not thread-safe.
  class Lead {
   public:
    ~Lead();
    Lead(Lead&& other) noexcept : cache_(std::move(other.cache_)), flight_(std::move(other.flight_)) {}
    Lead& operator=(Lead&& other) noexcept;

    /// Keeps what was found and hands it to all who wait; once. Throws std::bad_alloc, with nothing done.
    void Fulfil(const SharedLayouts& layouts);

   private:
    friend class AnswerCache;
    Lead(std::shared_ptr<AnswerCache> cache, FlightRef flight) : cache_(std::move(cache)), flight_(flight) {}

    std::shared_ptr<AnswerCache> cache_;  ///< null: it has gone elsewhere
    FlightRef flight_;
  };

  /// What those who wait are told.
  using Turn = std::variant<SharedLayouts, Lead>;
  /// Called once, on the thread of whoever leads, without a lock; must be short and must not throw. One who does not
  /// want the lead any more drops it.
  using Follower = std::function<void(Turn)>;

  /// A place among those who wait; dropped its follower is not called any more, unless it is about to be. Moves. Not
  /// thread-safe.
  class Place {
   public:
    ~Place();
    Place(Place&& other) noexcept
        : cache_(std::move(other.cache_)), flight_(std::move(other.flight_)), number_(other.number_) {}
    Place& operator=(Place&& other) noexcept;

   private:
    friend class AnswerCache;
    Place(std::shared_ptr<AnswerCache> cache, FlightRef flight, std::uint64_t number)
        : cache_(std::move(cache)), flight_(flight), number_(number) {}

    std::shared_ptr<AnswerCache> cache_;  ///< null: it has gone elsewhere
    FlightRef flight_;
    std::uint64_t number_;
  };

  explicit AnswerCache(std::size_t most_bytes) : most_bytes_(most_bytes), recent_(most_bytes) {}

  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  /// What is kept; or the lead; or, then only, `follower` waits, and may be called before this returns.
  std::variant<SharedLayouts, Lead, Place> Join(const AnswerKey& key, scheduler::Priority priority, Follower follower);

  std::size_t most_bytes() const { return most_bytes_; }
  std::size_t bytes() const;
  /// Documents that had to go to make room.
  std::uint64_t evictions() const;

 private:
  struct Flight {
    std::uint64_t number = 0;
    bool led = true;
    bool handed_over = false;                     ///< there is somebody in `HandOver`
    std::map<std::uint64_t, Follower> followers;  ///< by age
  };

  void Fulfil(const FlightRef& ref, const SharedLayouts& layouts);
  void HandOver(const FlightRef& ref);
  std::optional<Follower> NextLeader(const FlightRef& ref);
  void Leave(const FlightRef& ref, std::uint64_t follower);

  /// Null for one that is over.
  Flight* Find(const FlightRef& ref) REQUIRES(mutex_);

  const std::size_t most_bytes_;

  mutable Mutex mutex_;
  RecentLayouts recent_ GUARDED_BY(mutex_);
  std::map<FlightKey, Flight> flights_ GUARDED_BY(mutex_);
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;  ///< of a flight or follower
  std::uint64_t evictions_ GUARDED_BY(mutex_) = 0;
};

/// `pp_doclayout_cache_bytes`, `_limit_bytes` and `_evictions_total`, all 0 for null: there is no cache.
void AddCacheMetrics(metrics::Registry& registry, const std::shared_ptr<const AnswerCache>& cache);

}  // namespace doclayout::http
