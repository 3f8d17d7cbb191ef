#include "scheduler/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace doclayout::scheduler {
namespace {

constexpr int kLongestRetrySeconds = 60;
/// Of the predicted time that is added to it when a deadline is judged: one in forty accepted requests would be late if
/// times were normally distributed.
constexpr double kDeviations = 2;
/// For so long what was measured last may refuse a document that needs more slots than are free.
constexpr std::chrono::seconds kStale(10);

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

int RetrySeconds(double seconds) {
  return static_cast<int>(std::clamp(std::ceil(seconds), 1.0, static_cast<double>(kLongestRetrySeconds)));
}

}  // namespace

std::string_view RefusalReasonName(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kQueueFull:
      return "queue_full";
    case RefusalReason::kTooLate:
      return "too_late";
    case RefusalReason::kEngine:
      return "engine";
    case RefusalReason::kDraining:
      return "draining";
  }
  return "draining";
}

Policy::Policy(Options options)
    : options_(std::move(options)),
      batcher_(options_.batches),
      queue_(options_.fairness),
      breaker_(options_.breaker),
      page_time_(options_.first_guess),
      batch_time_(options_.first_guess),
      overhead_(options_.overhead_guess),
      slots_(static_cast<std::size_t>(std::max(options_.slots, 1))) {
  if (options_.slots < 1) std::abort();
}

std::optional<Refusal> Policy::Judge(const RequestSpec& spec, TimePoint now) const {
  if (closed_) {
    return Refusal{
        .reason = RefusalReason::kDraining, .message = "the service is shutting down", .retry_after_seconds = 1};
  }
  if (breaker_.state(now) == Breaker::State::kOpen && !spec.reserved) {
    const int seconds = RetrySeconds(Seconds(breaker_.until() - now));
    return Refusal{
        .reason = RefusalReason::kEngine,
        .message = fmt::format("the model failed on one page after another; it is tried again in {} s", seconds),
        .retry_after_seconds = seconds};
  }
  if (alive() == 0) {
    return Refusal{.reason = RefusalReason::kEngine, .message = "every slot of the model is stuck"};
  }
  if (spec.reserved) return std::nullopt;
  if (std::optional<Refusal> refusal = CheckRoom(spec)) return refusal;
  return CheckDeadline(spec, 0, now);
}

std::optional<Refusal> Policy::CheckRoom(const RequestSpec& spec) const {
  if (waiting_requests_ < options_.queue_capacity) return std::nullopt;
  const Clients& clients = ClientsOf(spec.priority);
  const auto known = clients.find(spec.client);
  const bool none_waits = known == clients.end() || known->second.waiting_requests == 0;
  if (none_waits && waiting_requests_ < options_.queue_capacity + options_.spare_places) return std::nullopt;
  // Until half of them have been taken: whoever comes back then finds room, and not the next full queue.
  const double seconds = page_time_.mean() * (static_cast<double>(to_come_) / 2 + 1) / alive();
  const int retry = RetrySeconds(seconds);
  return Refusal{.reason = RefusalReason::kQueueFull,
                 .message = fmt::format("{} documents wait already, which is the limit; try again in {} s",
                                        options_.queue_capacity, retry),
                 .retry_after_seconds = retry};
}

std::optional<Refusal> Policy::CheckDeadline(const RequestSpec& spec, RequestId self, TimePoint now) const {
  if (spec.deadline.time() == TimePoint::max()) return std::nullopt;
  const double left = Seconds(spec.deadline.time() - now);
  const double needed = Predict(spec, self, kDeviations, now);
  if (needed <= left || IsWorthTrying(spec, self, now)) return std::nullopt;
  std::string late =
      fmt::format("the answer would take about {:.1f} s, and {:.1f} s are allowed", needed, std::max(left, 0.0));
  const double own = OwnSeconds(spec.pages, kDeviations);
  if (own > left && spec.pages > alive()) {
    return Refusal{.reason = RefusalReason::kTooLate,
                   .message = fmt::format("{}; its {} pages would take {:.1f} s if nothing waited: allow more time",
                                          late, spec.pages, own),
                   .retry_after_seconds = 0};
  }
  // Once nothing waits it is tried, whatever it takes then.
  const int retry = RetrySeconds(needed - std::max(left, own));
  return Refusal{.reason = RefusalReason::kTooLate,
                 .message = fmt::format("{}; try again in {} s", late, retry),
                 .retry_after_seconds = retry};
}

/// Whether slots are free for it, so that it keeps nobody waiting, and what is known says nothing better than a try.
bool Policy::IsWorthTrying(const RequestSpec& spec, RequestId self, TimePoint now) const {
  const std::size_t own = self == 0 ? 0 : static_cast<std::size_t>(requests_.at(self).to_come);
  const std::size_t taken = static_cast<std::size_t>(busy_) + to_come_ - own;
  const std::size_t free = static_cast<std::size_t>(alive()) - std::min(taken, static_cast<std::size_t>(alive()));
  if (free == 0) return false;
  return static_cast<std::size_t>(spec.pages) <= free || measured_ == TimePoint::min() || now - measured_ > kStale;
}

/// Pages of others that fair queueing would put before the last page of such a request.
double Policy::PagesBefore(const RequestSpec& spec, RequestId self) const {
  const double own = spec.pages;
  double same_client = 0;
  double others = 0;
  const Clients& clients = ClientsOf(spec.priority);
  const auto known = clients.find(spec.client);
  if (known != clients.end()) {
    for (const RequestId id : known->second.requests) {
      if (id != self) same_client += std::min<double>(requests_.at(id).to_come, own);
    }
  }
  for (const auto& [name, client] : clients) {
    if (name != spec.client) others += std::min(static_cast<double>(client.to_come), same_client + own);
  }
  const double before = same_client + others;
  // The other priority's share of the slots while this one is served.
  const bool bulk = spec.priority == Priority::kBulk;
  const double share = bulk ? options_.fairness.bulk_share : 1 - options_.fairness.bulk_share;
  double other_priority = 0;
  for (const auto& [name, client] : ClientsOf(bulk ? Priority::kInteractive : Priority::kBulk)) {
    other_priority += static_cast<double>(client.to_come);
  }
  return before + std::min(other_priority, (before + own) * (1 - share) / share);
}

/// What a request of so many pages takes if no other is there.
double Policy::OwnSeconds(int pages, double deviations) const {
  // The last page takes a slot's whole time; all before it share the slots.
  return page_time_.Total(pages - 1, deviations) / std::max(alive(), 1) + batch_time_.Total(1, deviations) +
         overhead_.Total(1, deviations);
}

double Policy::Predict(const RequestSpec& spec, RequestId self, double deviations, TimePoint now) const {
  double running = 0;
  for (const Slot& slot : slots_) {
    if (slot.state == Slot::State::kBusy) running += std::max(0.0, batch_time_.mean() - Seconds(now - slot.since));
  }
  const double slots = std::max(alive(), 1);
  // The last page itself takes a slot's whole time; all before it share the slots.
  const double before = PagesBefore(spec, self) + spec.pages - 1;
  return running / slots + page_time_.Total(before, deviations) / slots + batch_time_.Total(1, deviations) +
         overhead_.Total(1, deviations);
}

double Policy::PredictSeconds(const RequestSpec& spec, TimePoint now) const {
  return Predict(spec, 0, 0, now);
}

tl::expected<RequestId, Refusal> Policy::Admit(const RequestSpec& spec, TimePoint now) {
  if (std::optional<Refusal> refusal = Judge(spec, now)) return tl::unexpected(std::move(*refusal));
  const RequestId id = ++last_id_;
  requests_[id] = {.client = spec.client,
                   .priority = spec.priority,
                   .deadline = spec.deadline,
                   .admitted_pages = spec.pages,
                   .to_come = spec.pages,
                   .reserved = spec.reserved,
                   .tried = spec.reserved || IsWorthTrying(spec, 0, now)};
  queue_.Add(id, spec.client, spec.priority);
  Client& client = ClientsOf(spec.priority)[spec.client];
  client.requests.insert(id);
  client.to_come += static_cast<std::size_t>(spec.pages);
  CountWaiting(requests_.at(id), client, true);
  to_come_ += static_cast<std::size_t>(spec.pages);
  if (spec.deadline.time() != TimePoint::max()) deadlines_.emplace(spec.deadline.time(), id);
  return id;
}

std::optional<Refusal> Policy::SetPages(RequestId id, int pages, TimePoint now) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return std::nullopt;
  Request& request = found->second;
  const RequestSpec spec{
      .client = request.client, .priority = request.priority, .deadline = request.deadline, .pages = pages};
  // For so many it was accepted: what has come up since then is no reason to refuse it after all.
  if (pages > request.admitted_pages && !request.reserved) {
    if (std::optional<Refusal> refusal = CheckDeadline(spec, id, now)) return refusal;
  }
  if (pages > request.admitted_pages || request.to_come == 0)
    request.tried = request.reserved || IsWorthTrying(spec, id, now);
  Client& client = ClientsOf(request.priority).find(request.client)->second;
  client.to_come += static_cast<std::size_t>(pages - request.to_come);
  to_come_ += static_cast<std::size_t>(pages - request.to_come);
  request.to_come = pages;
  return std::nullopt;
}

bool Policy::Push(PageRef page, TimePoint now) {
  if (!requests_.contains(page.request)) return false;
  queue_.Push(page);
  pushed_.emplace(page, now);
  ages_.emplace(now, page);
  if (requests_.at(page.request).reserved) reserved_.emplace(now, page);
  return true;
}

int Policy::IdleSlot() const {
  const auto idle =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.state == Slot::State::kIdle; });
  return idle == slots_.end() ? -1 : static_cast<int>(idle - slots_.begin());
}

std::optional<Policy::Assignment> Policy::Take(TimePoint now) {
  const int slot = IdleSlot();
  if (slot < 0 || queue_.size() == 0) return std::nullopt;
  const int count = CountToTake(now);
  if (count == 0) return std::nullopt;

  Assignment assignment{.slot = slot};
  for (int i = 0; i < count; ++i) {
    const PageRef page = *NextPage(now);
    Unwait(page);
    Begin(requests_.at(page.request));
    assignment.pages.push_back(page);
  }
  Slot& taken = slots_.at(static_cast<std::size_t>(slot));
  taken = {.state = Slot::State::kBusy, .since = now, .infers_since = now, .pages = assignment.pages};
  running_pages_ += assignment.pages.size();
  ++busy_;
  return assignment;
}

/// Pages that are worth to be inferred together now; of those that wait, there is at least one.
int Policy::CountToTake(TimePoint now) const {
  switch (breaker_.state(now)) {
    case Breaker::State::kOpen:
      return busy_ == 0 && !reserved_.empty() ? 1 : 0;
    case Breaker::State::kHalfOpen:
      return busy_ == 0 ? 1 : 0;
    case Breaker::State::kClosed:
      return batcher_.Take(queue_.size(), now - ages_.begin()->first);
  }
  return 0;
}

/// Whose turn it is, unless one with a place of its own has waited for long enough, or is the only one to be taken.
std::optional<PageRef> Policy::NextPage(TimePoint now) {
  const bool only = breaker_.state(now) == Breaker::State::kOpen;
  if (!reserved_.empty() && (only || now - reserved_.begin()->first >= options_.reserved_patience)) {
    return queue_.Pop(reserved_.begin()->second.request);
  }
  return queue_.Pop();
}

/// Whose place is its own takes none of the queue's.
void Policy::CountWaiting(const Request& request, Client& client, bool waits) {
  if (request.reserved) return;
  if (waits) {
    ++client.waiting_requests;
    ++waiting_requests_;
  } else {
    --client.waiting_requests;
    --waiting_requests_;
  }
}

/// A page of the request goes to a slot.
void Policy::Begin(Request& request) {
  Client& client = ClientsOf(request.priority).find(request.client)->second;
  if (!request.begun) {
    request.begun = true;
    CountWaiting(request, client, false);
  }
  --request.to_come;
  --client.to_come;
  --to_come_;
}

void Policy::Unwait(PageRef page) {
  const auto found = pushed_.find(page);
  ages_.erase({found->second, page});
  reserved_.erase({found->second, page});
  pushed_.erase(found);
}

bool Policy::Complete(int number, bool failed, TimePoint now) {
  Slot& slot = slots_.at(static_cast<std::size_t>(number));
  if (slot.state != Slot::State::kBusy) return false;
  const Duration time = now - slot.since;
  const std::size_t pages = slot.pages.size();
  if (failed) {
    breaker_.Failed(now);
  } else {
    breaker_.Succeeded();
    measured_ = now;
    batch_time_.Observe(time);
    page_time_.Observe(time / static_cast<Duration::rep>(pages));
  }
  running_pages_ -= pages;
  slot = {};
  --busy_;
  return true;
}

std::vector<int> Policy::Leave(RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return {};
  const Request request = std::move(found->second);
  requests_.erase(found);
  Forget(id, request);
  std::vector<int> waiting = queue_.Remove(id);
  for (const int page : waiting) Unwait({id, page});
  return waiting;
}

void Policy::Forget(RequestId id, const Request& request) {
  Clients& clients = ClientsOf(request.priority);
  const auto owner = clients.find(request.client);
  Client& client = owner->second;
  client.requests.erase(id);
  client.to_come -= static_cast<std::size_t>(request.to_come);
  to_come_ -= static_cast<std::size_t>(request.to_come);
  if (!request.begun) CountWaiting(request, client, false);
  if (client.requests.empty()) clients.erase(owner);
  deadlines_.erase({request.deadline.time(), id});
}

/// The moment from which on the request cannot be answered in time.
TimePoint Policy::GivenUpAt(TimePoint deadline, const Request& request) const {
  if (request.to_come == 0 || request.tried) return deadline;
  const std::chrono::duration<double> least(batch_time_.Least(kDeviations));
  return deadline - std::chrono::duration_cast<Duration>(least);
}

std::vector<Policy::Expired> Policy::Expire(TimePoint now) {
  std::vector<Expired> expired;
  for (auto next = deadlines_.begin(); next != deadlines_.end();) {
    const auto [deadline, id] = *next++;  // what leaves takes its deadline along
    const Request& request = requests_.at(id);
    if (GivenUpAt(deadline, request) <= now) {
      expired.push_back({.request = id, .waiting = Leave(id), .passed = deadline <= now});
    } else if (request.to_come > 0 && !request.tried) {
      break;  // those behind it have more time
    }
  }
  return expired;
}

std::vector<Policy::Stuck> Policy::FindStuck(TimePoint now) {
  std::vector<Stuck> found;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.state != Slot::State::kBusy || now - slot.infers_since < options_.inference_limit) continue;
    running_pages_ -= slot.pages.size();
    found.push_back({.slot = static_cast<int>(i), .pages = std::move(slot.pages)});
    slot.state = Slot::State::kStuck;
    slot.pages.clear();
    --busy_;
    ++stuck_;
  }
  return found;
}

void Policy::Replace(int number) {
  Slot& slot = slots_.at(static_cast<std::size_t>(number));
  if (slot.state != Slot::State::kStuck) return;
  slot = {};
  --stuck_;
}

TimePoint Policy::NextEvent(TimePoint now) const {
  TimePoint next = TimePoint::max();
  for (const auto& [deadline, id] : deadlines_) {
    const Request& request = requests_.at(id);
    next = std::min(next, GivenUpAt(deadline, request));
    if (request.to_come > 0 && !request.tried) break;  // those behind it have more time
  }
  for (const Slot& slot : slots_) {
    if (slot.state == Slot::State::kBusy) next = std::min(next, slot.infers_since + options_.inference_limit);
  }
  if (queue_.size() == 0 || IdleSlot() < 0) return next;
  if (breaker_.state(now) == Breaker::State::kOpen) return std::min(next, breaker_.until());
  if (breaker_.state(now) == Breaker::State::kHalfOpen && busy_ > 0) return next;  // the probe's end comes first
  return std::min(next, ages_.begin()->first + batcher_.options().max_queue_delay);
}

double Policy::load() const {
  std::size_t own = 0;
  for (const auto& [id, request] : requests_) {
    if (request.reserved) own += static_cast<std::size_t>(request.to_come);
  }
  for (const Slot& slot : slots_) {
    for (const PageRef& page : slot.pages) {
      const auto request = requests_.find(page.request);
      if (request != requests_.end() && request->second.reserved) ++own;
    }
  }
  return static_cast<double>(to_come_ + running_pages_ - own) / options_.slots;
}

}  // namespace doclayout::scheduler
