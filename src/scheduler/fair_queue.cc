#include "scheduler/fair_queue.h"

#include <algorithm>

namespace doclayout::scheduler {

void FairQueue::Add(RequestId request, std::string_view client, Priority priority) {
  requests_[request] = {.client = std::string(client), .priority = priority, .key = {.tag = 0, .age = request}};
  Class& group = ClassOf(priority);
  auto found = group.clients.find(client);
  if (found == group.clients.end()) {
    found = group.clients.emplace(client, Client{.key = {.tag = 0, .age = request}}).first;
  }
  Client& known = found->second;
  if (known.requests++ == 0) group.idle.erase({known.key.tag, found->first});
}

void FairQueue::Push(PageRef page) {
  Request& request = requests_.at(page.request);
  Class& group = ClassOf(request.priority);
  Client& client = group.clients.find(request.client)->second;
  request.pages.push_back(page.page);
  // Who comes back, or anew, starts where the others are: time without work is not saved up.
  if (group.pages++ == 0) group.tag = std::max(group.tag, classes_tag_);
  ++size_;
  if (request.pages.size() > 1) return;
  if (client.waiting.empty()) {
    client.key.tag = std::max(client.key.tag, group.clients_tag);
    group.waiting.emplace(client.key, &client);
  }
  request.key.tag = std::max(request.key.tag, client.requests_tag);
  client.waiting.emplace(request.key, page.request);
}

FairQueue::Class& FairQueue::NextClass() {
  Class& interactive = ClassOf(Priority::kInteractive);
  Class& bulk = ClassOf(Priority::kBulk);
  const bool take_bulk = interactive.pages == 0 || (bulk.pages > 0 && bulk.tag < interactive.tag);
  Class& next = take_bulk ? bulk : interactive;
  classes_tag_ = next.tag;
  next.tag += 1 / (take_bulk ? options_.bulk_share : 1 - options_.bulk_share);
  return next;
}

std::optional<PageRef> FairQueue::Pop() {
  if (size_ == 0) return std::nullopt;
  Class& group = NextClass();

  Client& client = *group.waiting.begin()->second;
  group.waiting.erase(group.waiting.begin());
  group.clients_tag = client.key.tag;
  client.key.tag += 1;

  const RequestId id = client.waiting.begin()->second;
  client.waiting.erase(client.waiting.begin());
  Request& request = requests_.at(id);
  client.requests_tag = request.key.tag;
  request.key.tag += 1;

  const PageRef page{.request = id, .page = request.pages.front()};
  request.pages.pop_front();
  --group.pages;
  --size_;
  if (!request.pages.empty()) client.waiting.emplace(request.key, id);
  if (!client.waiting.empty()) group.waiting.emplace(client.key, &client);
  ForgetIdle(group);
  return page;
}

std::optional<PageRef> FairQueue::Pop(RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end() || found->second.pages.empty()) return std::nullopt;
  Request& request = found->second;
  Class& group = ClassOf(request.priority);
  Client& client = group.clients.find(request.client)->second;
  group.waiting.erase(client.key);
  client.waiting.erase(request.key);
  client.key.tag += 1;
  request.key.tag += 1;

  const PageRef page{.request = id, .page = request.pages.front()};
  request.pages.pop_front();
  --group.pages;
  --size_;
  if (!request.pages.empty()) client.waiting.emplace(request.key, id);
  if (!client.waiting.empty()) group.waiting.emplace(client.key, &client);
  return page;
}

std::vector<int> FairQueue::Remove(RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return {};
  Request& request = found->second;
  Class& group = ClassOf(request.priority);
  const auto owner = group.clients.find(request.client);
  Client& client = owner->second;

  std::vector<int> pages(request.pages.begin(), request.pages.end());
  size_ -= pages.size();
  group.pages -= pages.size();
  if (!pages.empty()) {
    client.waiting.erase(request.key);
    if (client.waiting.empty()) group.waiting.erase(client.key);
  }
  if (--client.requests == 0) group.idle.emplace(client.key.tag, owner->first);
  requests_.erase(found);
  ForgetIdle(group);
  return pages;
}

std::size_t FairQueue::size(Priority priority) const {
  return classes_.at(static_cast<std::size_t>(priority)).pages;
}

std::size_t FairQueue::size(RequestId request) const {
  const auto found = requests_.find(request);
  return found == requests_.end() ? 0 : found->second.pages.size();
}

/// A client that has had more than the others and has left is remembered until they have had as much; once nobody is
/// left, nobody is owed anything.
void FairQueue::ForgetIdle(Class& group) {
  const bool all_idle = group.idle.size() == group.clients.size();
  while (!group.idle.empty() && (all_idle || group.idle.begin()->first <= group.clients_tag)) {
    group.clients.erase(group.idle.begin()->second);
    group.idle.erase(group.idle.begin());
  }
}

}  // namespace doclayout::scheduler
