#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/error.h"
#include "scheduler/batcher.h"
#include "scheduler/breaker.h"
#include "scheduler/fair_queue.h"
#include "scheduler/priority.h"
#include "scheduler/service_time.h"

namespace doclayout::scheduler {

/// Why a request was not accepted.
enum class RefusalReason {
  kQueueFull,  ///< so many wait already
  kTooLate,    ///< it would not be ready by its deadline
  kEngine,     ///< the engine fails: the breaker is open
  kDraining,   ///< nothing is accepted any more
};

/// "queue_full", "too_late", "engine" or "draining".
std::string_view RefusalReasonName(RefusalReason reason);

struct Refusal {
  RefusalReason reason = RefusalReason::kQueueFull;
  std::string message;
  int retry_after_seconds = 1;  ///< when it would probably be accepted; 0: waiting is of no use
};

/// What is asked for.
struct RequestSpec {
  std::string client;  ///< whose turn is shared fairly
  Priority priority = Priority::kInteractive;
  Deadline deadline = Deadline::Never();
  int pages = 1;  ///< as far as is known
  /// A place of its own: neither a full queue nor its deadline refuses it, it takes nobody's place, and it does not
  /// wait longer than `reserved_patience` for its turn. While the breaker is open it is taken when nothing runs: it
  /// tells whether the engine is well again. For the service's own pages, one at a time.
  bool reserved = false;
};

/// What the scheduler decides, without threads: who is accepted, which page is next, which slot is stuck, whose time is
/// over. Every function is given the time, none blocks, none reads a clock: the same calls give the same decisions.
///
/// Deadlines are judged by what pages took lately, which may mislead: a machine that stood still for a moment, one page
/// that took long. Where slots are free it is therefore tried and not judged (`IsWorthTrying`); otherwise an estimate
/// that refuses everybody would never be mended, since nothing would be measured any more.
///
/// A request is accepted (`Admit`), its pages come one after another (`Push`), are taken by slots (`Take`) and are done
/// (`Complete`); then the request leaves (`Leave`), as it does when its caller goes or its deadline passes (`Expire`).
/// Not thread-safe: `Scheduler` calls it under its lock.
class Policy {
 public:
  struct Options {
    int slots = 1;
    std::size_t queue_capacity = 64;  ///< requests of which no page was taken yet
    /// More of them for clients that have none waiting, so that one client, or bulk work, cannot lock out the others.
    std::size_t spare_places = 16;
    FairQueue::Options fairness;
    Batcher::Options batches;
    Breaker::Options breaker;
    Duration reserved_patience = std::chrono::seconds(2);     ///< in the queue as everybody, then it is next
    Duration inference_limit = std::chrono::seconds(60);      ///< then a slot is stuck
    Duration first_guess = std::chrono::milliseconds(200);    ///< of a page's inference
    Duration overhead_guess = std::chrono::milliseconds(10);  ///< of a page outside the slots
  };

  explicit Policy(Options options);

  /// Whether such a request would be accepted now; nothing is kept of it.
  std::optional<Refusal> Judge(const RequestSpec& spec, TimePoint now) const;

  /// Accepts or refuses.
  tl::expected<RequestId, Refusal> Admit(const RequestSpec& spec, TimePoint now);

  /// The request turned out to have so many pages, before the first was pushed: 0 when it needs no slot, for now. For
  /// no more than it was admitted with it is not refused; a refusal does not end it: the caller then lets it `Leave`.
  std::optional<Refusal> SetPages(RequestId id, int pages, TimePoint now);

  /// A page is ready for a slot. False when the request is gone meanwhile.
  bool Push(PageRef page, TimePoint now);

  struct Assignment {
    int slot = 0;
    std::vector<PageRef> pages;
  };
  /// A free slot and the pages that it is to infer now; nullopt when there is no slot, no page, or it is worth to wait.
  std::optional<Assignment> Take(TimePoint now);

  /// The slot begins another inference of the same work: the limit is one inference's.
  void Renew(int slot, TimePoint now) { slots_.at(static_cast<std::size_t>(slot)).infers_since = now; }

  /// The slot is free again. `failed`: the engine's fault. False when the slot was given up as stuck before.
  bool Complete(int slot, bool failed, TimePoint now);

  /// What a page needed outside the slots, for the prediction.
  void ObserveOverhead(Duration time) { overhead_.Observe(time); }

  /// Whether anything could be made of what a slot gave for a page: the breaker's matter.
  void ObserveUse(bool usable, TimePoint now) { breaker_.Used(usable, now); }

  /// The request is over, or its caller is gone. Its pages that waited, which no slot will see. Without effect for one
  /// that has left.
  std::vector<int> Leave(RequestId id);

  struct Expired {
    RequestId request = 0;
    std::vector<int> waiting;  ///< its pages that waited
    bool passed = true;        ///< false: its deadline is ahead, but too near for the pages that no slot has taken
  };
  /// Requests that cannot be answered in time any more: they have left. A slot that inferred their pages would work for
  /// nothing, and what waits behind them would be late too.
  std::vector<Expired> Expire(TimePoint now);

  struct Stuck {
    int slot = 0;
    std::vector<PageRef> pages;  ///< that it had taken
  };
  /// Slots that have gone over the limit since the last call. They take no more pages until `Replace`.
  std::vector<Stuck> FindStuck(TimePoint now);

  /// A stuck slot works again: somebody else does its work.
  void Replace(int slot);

  /// Nothing is accepted any more.
  void Close() { closed_ = true; }

  /// The earliest time at which `Take`, `Expire` or `FindStuck` may have something without any other call;
  /// TimePoint::max for never.
  TimePoint NextEvent(TimePoint now) const;

  std::size_t waiting_requests() const { return waiting_requests_; }
  std::size_t waiting_pages() const { return queue_.size(); }
  std::size_t requests() const { return requests_.size(); }
  int busy() const { return busy_; }
  int stuck() const { return stuck_; }
  /// Pages that were accepted and not yet done, those in the slots too, over the slots: what a service is scaled by.
  /// Those of reserved requests are left out: they come with each replica, whatever others ask of it.
  double load() const;
  Breaker::State breaker(TimePoint now) const { return breaker_.state(now); }
  /// Until when the breaker is open, or since when it is half-open; the clock's epoch while it is closed.
  TimePoint broken_until() const { return breaker_.is_open() ? breaker_.until() : TimePoint(); }
  /// Seconds of one page in a slot, as measured.
  double page_seconds() const { return page_time_.mean(); }
  /// Seconds until a request of one page that came now would be answered.
  double PredictSeconds(const RequestSpec& spec, TimePoint now) const;

 private:
  struct Request {
    std::string client;
    Priority priority = Priority::kInteractive;
    Deadline deadline = Deadline::Never();
    int admitted_pages = 0;
    int to_come = 0;     ///< pages that no slot has taken
    bool begun = false;  ///< a slot has taken one
    bool reserved = false;
    bool tried = false;  ///< slots were free for it: whatever was predicted, it has its time
  };
  struct Client {
    std::set<RequestId> requests;
    std::size_t to_come = 0;
    std::size_t waiting_requests = 0;
  };
  struct Slot {
    enum class State { kIdle, kBusy, kStuck } state = State::kIdle;
    TimePoint since;
    TimePoint infers_since;  ///< of several inferences for the same pages the one that runs
    std::vector<PageRef> pages;
  };

  using Clients = std::map<std::string, Client, std::less<>>;
  Clients& ClientsOf(Priority priority) { return clients_.at(static_cast<std::size_t>(priority)); }
  const Clients& ClientsOf(Priority priority) const { return clients_.at(static_cast<std::size_t>(priority)); }
  std::optional<Refusal> CheckRoom(const RequestSpec& spec) const;
  std::optional<Refusal> CheckDeadline(const RequestSpec& spec, RequestId self, TimePoint now) const;
  bool IsWorthTrying(const RequestSpec& spec, RequestId self, TimePoint now) const;
  double PagesBefore(const RequestSpec& spec, RequestId self) const;
  double OwnSeconds(int pages, double deviations) const;
  double Predict(const RequestSpec& spec, RequestId self, double deviations, TimePoint now) const;
  void Forget(RequestId id, const Request& request);
  void Begin(Request& request);
  std::optional<PageRef> NextPage(TimePoint now);
  int CountToTake(TimePoint now) const;
  void Unwait(PageRef page);
  void CountWaiting(const Request& request, Client& client, bool waits);
  TimePoint GivenUpAt(TimePoint deadline, const Request& request) const;
  int IdleSlot() const;
  int alive() const { return options_.slots - stuck_; }

  const Options options_;
  const Batcher batcher_;
  FairQueue queue_;
  Breaker breaker_;
  ServiceTime page_time_;   ///< of a page in a slot, its share of a batch
  ServiceTime batch_time_;  ///< of a slot's whole work
  ServiceTime overhead_;
  TimePoint measured_ = TimePoint::min();  ///< when a page last told how long it takes
  std::unordered_map<RequestId, Request> requests_;
  std::vector<Clients> clients_ = std::vector<Clients>(kPriorities);
  std::set<std::pair<TimePoint, RequestId>> deadlines_;
  std::map<PageRef, TimePoint> pushed_;               ///< pages that wait for a slot, and since when
  std::set<std::pair<TimePoint, PageRef>> ages_;      ///< the same by age
  std::set<std::pair<TimePoint, PageRef>> reserved_;  ///< those of reserved requests
  std::vector<Slot> slots_;
  RequestId last_id_ = 0;
  std::size_t waiting_requests_ = 0;
  std::size_t to_come_ = 0;
  std::size_t running_pages_ = 0;
  int busy_ = 0;
  int stuck_ = 0;
  bool closed_ = false;
};

}  // namespace doclayout::scheduler
