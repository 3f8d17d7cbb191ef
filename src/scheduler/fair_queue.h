#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/priority.h"

namespace doclayout::scheduler {

/// Numbers a request for its life in the scheduler; never used twice.
using RequestId = std::uint64_t;

/// A page that waits: which of which request.
struct PageRef {
  RequestId request = 0;
  int page = 0;

  friend auto operator<=>(const PageRef&, const PageRef&) = default;
};

/// Which page is next: start-time fair queueing (Goyal, Vin and Cheng 1996) with a page as the unit, three times over.
/// Priorities share the slots by weight, the clients of a priority equally, and the requests of a client equally; pages
/// of one request keep their order. So nobody starves: neither bulk work behind interactive, nor one page of a client
/// behind another's thousand, nor a small document behind its own client's large one.
///
/// Pure policy: no clock, no threads. Not thread-safe. Every operation takes time logarithmic in what waits.
class FairQueue {
 public:
  struct Options {
    /// Of the pages taken while both priorities wait, this share is bulk's; above 0, at most 1/2.
    double bulk_share = 0.125;
  };

  explicit FairQueue(Options options) : options_(options) {}

  /// A request of `client`. Each number once.
  void Add(RequestId request, std::string_view client, Priority priority);

  /// A page of a request that was added and not removed.
  void Push(PageRef page);

  /// The page whose turn it is; nullopt when none waits.
  std::optional<PageRef> Pop();

  /// A page of this request, whosever turn it is; nullopt when none of it waits. It counts as its client's turn.
  std::optional<PageRef> Pop(RequestId request);

  /// Forgets the request; its pages that waited, in their order.
  std::vector<int> Remove(RequestId request);

  std::size_t size() const { return size_; }
  std::size_t size(Priority priority) const;
  /// Pages of one request that wait.
  std::size_t size(RequestId request) const;

 private:
  /// What is picked by least start tag; ties by age, so that equals are served first come, first served.
  struct Key {
    double tag = 0;
    std::uint64_t age = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Request {
    std::string client;
    Priority priority = Priority::kInteractive;
    Key key;
    std::deque<int> pages;
  };
  struct Client {
    Key key;
    double requests_tag = 0;  ///< start tag of the last request picked
    std::map<Key, RequestId> waiting;
    std::size_t requests = 0;  ///< added and not removed, waiting or not
  };
  struct Class {
    double tag = 0;
    double clients_tag = 0;  ///< start tag of the last client picked
    std::map<std::string, Client, std::less<>> clients;
    std::map<Key, Client*> waiting;
    std::set<std::pair<double, std::string>> idle;  ///< without requests, by tag: kept until the others catch up
    std::size_t pages = 0;
  };

  Class& ClassOf(Priority priority) { return classes_.at(static_cast<std::size_t>(priority)); }
  Class& NextClass();
  void Enqueue(Class& group, Client& client, RequestId id, Request& request);
  static void ForgetIdle(Class& group);

  const Options options_;
  std::unordered_map<RequestId, Request> requests_;
  std::vector<Class> classes_ = std::vector<Class>(kPriorities);
  double classes_tag_ = 0;
  std::uint64_t age_ = 0;
  std::size_t size_ = 0;
};

}  // namespace doclayout::scheduler
