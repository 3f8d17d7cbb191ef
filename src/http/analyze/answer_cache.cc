#include "http/analyze/answer_cache.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace doclayout::http {
namespace {

std::span<const std::uint8_t> BytesOfText(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string_view CacheUseName(CacheUse use) {
  switch (use) {
    case CacheUse::kMiss:
      return "miss";
    case CacheUse::kHit:
      return "hit";
    case CacheUse::kShared:
      return "shared";
  }
  return "miss";
}

AnswerKey MakeAnswerKey(std::span<const std::uint8_t> document, std::string_view parameters,
                        const ModelIdentity& model) {
  Sha256Stream stream;
  // Each with its length in front, so that none ends where the next one seems to begin.
  for (const std::string_view part : {std::string_view(model.sha256), std::string_view(model.settings_sha256),
                                      std::string_view(model.family), std::string_view(model.name), parameters}) {
    stream.Update(BytesOfText(fmt::format("{}:", part.size())));
    stream.Update(BytesOfText(part));
  }
  stream.Update(document);
  return stream.Bytes();
}

AnswerCache::Lead::~Lead() {
  if (cache_) cache_->HandOver(flight_);
}

AnswerCache::Lead& AnswerCache::Lead::operator=(Lead&& other) noexcept {
  // What this one was ends with the other.
  std::swap(cache_, other.cache_);
  std::swap(flight_, other.flight_);
  return *this;
}

void AnswerCache::Lead::Fulfil(const SharedLayouts& layouts) {
  cache_->Fulfil(flight_, layouts);
  cache_ = nullptr;
}

AnswerCache::Place::~Place() {
  if (cache_) cache_->Leave(flight_, number_);
}

AnswerCache::Place& AnswerCache::Place::operator=(Place&& other) noexcept {
  std::swap(cache_, other.cache_);
  std::swap(flight_, other.flight_);
  std::swap(number_, other.number_);
  return *this;
}

std::variant<SharedLayouts, AnswerCache::Lead, AnswerCache::Place> AnswerCache::Join(const AnswerKey& key,
                                                                                     scheduler::Priority priority,
                                                                                     Follower follower) {
  const MutexLock lock(mutex_);
  if (SharedLayouts layouts = recent_.Find(key)) return layouts;
  const auto [found, first] = flights_.try_emplace({key, priority});
  Flight& flight = found->second;
  if (first) {
    flight.number = ++last_number_;
    return Lead(shared_from_this(), {found->first, flight.number});
  }
  const std::uint64_t number = ++last_number_;
  flight.followers.emplace(number, std::move(follower));
  return Place(shared_from_this(), {found->first, flight.number}, number);
}

void AnswerCache::Fulfil(const FlightRef& ref, const SharedLayouts& layouts) {
  const std::size_t bytes = BytesOf(*layouts);
  std::vector<SharedLayouts> gone;  // freed without the lock
  std::map<std::uint64_t, Follower> followers;
  {
    const MutexLock lock(mutex_);
    gone = recent_.Insert(ref.key.first, layouts, bytes);
    evictions_ += gone.size();
    const auto flight = flights_.find(ref.key);
    followers.swap(flight->second.followers);
    flights_.erase(flight);
  }
  for (const auto& [number, follower] : followers) follower(layouts);
}

/// A loop, and not each in the destructor of the one before: there may be thousands who do not want the lead.
void AnswerCache::HandOver(const FlightRef& ref) {
  {
    const MutexLock lock(mutex_);
    Flight& flight = *Find(ref);
    flight.led = false;
    if (flight.handed_over) return;  // to whom it just was, by the loop below, which goes on
    flight.handed_over = true;
  }
  while (const std::optional<Follower> follower = NextLeader(ref)) (*follower)(Lead(shared_from_this(), ref));
}

/// Who is to lead, and does now; nullopt when somebody does, nobody waits any more, or it is over.
std::optional<AnswerCache::Follower> AnswerCache::NextLeader(const FlightRef& ref) {
  const MutexLock lock(mutex_);
  Flight* const flight = Find(ref);
  if (flight == nullptr) return std::nullopt;
  if (flight->led) {
    flight->handed_over = false;
    return std::nullopt;
  }
  if (flight->followers.empty()) {
    flights_.erase(ref.key);
    return std::nullopt;
  }
  flight->led = true;
  return std::move(flight->followers.extract(flight->followers.begin()).mapped());
}

void AnswerCache::Leave(const FlightRef& ref, std::uint64_t follower) {
  std::optional<std::map<std::uint64_t, Follower>::node_type> gone;  // freed without the lock
  const MutexLock lock(mutex_);
  if (Flight* const flight = Find(ref)) gone = flight->followers.extract(follower);
}

AnswerCache::Flight* AnswerCache::Find(const FlightRef& ref) {
  const auto found = flights_.find(ref.key);
  return found == flights_.end() || found->second.number != ref.number ? nullptr : &found->second;
}

std::size_t AnswerCache::bytes() const {
  const MutexLock lock(mutex_);
  return recent_.bytes();
}

std::uint64_t AnswerCache::evictions() const {
  const MutexLock lock(mutex_);
  return evictions_;
}

void AddCacheMetrics(metrics::Registry& registry, const std::shared_ptr<const AnswerCache>& cache) {
  registry.AddGaugeFunction("pp_doclayout_cache_bytes", "Memory of what the answer cache keeps", {},
                            [cache] { return cache ? static_cast<double>(cache->bytes()) : 0; });
  registry.AddGaugeFunction("pp_doclayout_cache_limit_bytes", "Memory that it may take; 0: it is off", {},
                            [cache] { return cache ? static_cast<double>(cache->most_bytes()) : 0; });
  registry.AddCounterFunction("pp_doclayout_cache_evictions_total", "Documents that it gave up to make room", {},
                              [cache] { return cache ? static_cast<double>(cache->evictions()) : 0; });
}

}  // namespace doclayout::http
