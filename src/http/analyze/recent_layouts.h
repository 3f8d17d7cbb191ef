#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "base/sha256.h"
#include "types/page_layout.h"

namespace doclayout::http {

/// What was found in a document, for as many answers as need it. Never null where it is handed over.
using SharedLayouts = std::shared_ptr<const std::vector<PageLayout>>;

/// Names a document, how it is to be analysed, and the model: a SHA-256, so that nobody makes two that are alike.
using AnswerKey = Sha256Bytes;

/// What the layouts take of memory: with all that they point to, the room that vectors have to grow, and what the
/// allocator adds. Takes time linear in the regions.
std::size_t BytesOf(const std::vector<PageLayout>& layouts);

/// What was found in the documents that were asked for last, as many as fit into some bytes.
///
/// Not thread-safe: `AnswerCache` uses it under its lock. Every operation takes time logarithmic in what is kept, plus
/// that for what has to go.
class RecentLayouts {
 public:
  explicit RecentLayouts(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Null when it is not there. What is found counts as asked for last.
  SharedLayouts Find(const AnswerKey& key);

  /// Keeps the layouts, for which there was `bytes` of `BytesOf`, unless they alone are more than may be kept, or
  /// others are there under that key already. Returns what had to go for them, to be freed without a lock. Should
  /// memory run out, nothing is changed.
  std::vector<SharedLayouts> Insert(const AnswerKey& key, SharedLayouts layouts, std::size_t bytes);

  /// Of all that is kept, with what keeping it takes.
  std::size_t bytes() const { return bytes_; }
  std::size_t most_bytes() const { return most_bytes_; }
  std::size_t size() const { return places_.size(); }

 private:
  struct Entry {
    AnswerKey key;
    SharedLayouts layouts;
    std::size_t bytes = 0;
  };

  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the one asked for last in front
  std::map<AnswerKey, std::list<Entry>::iterator> places_;
};

}  // namespace doclayout::http
