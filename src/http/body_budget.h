#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace doclayout::http {

/// Memory that the bodies of all requests may hold together, from their first byte until the document is decoded, and
/// the pages made of them until the model has taken them.
///
/// Thread-safe, lock-free. A body's share grows with what has arrived, and not with what was announced: callers who
/// announce much and send nothing take no room from others.
class BodyBudget : public std::enable_shared_from_this<BodyBudget> {
 public:
  /// What one body holds; given back with it. Moves, so that it can follow the body to another thread. Not thread-safe.
  class Share {
   public:
    explicit Share(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
    ~Share() { GiveBack(); }
    Share(Share&& other) noexcept : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&&) = delete;

    /// Takes so many more. False, with nothing taken, when there is no room for them.
    bool Grow(std::uint64_t bytes);
    /// Holds so many instead of what it held, whether or not there is room: of what is made of a body that was taken.
    void Hold(std::uint64_t bytes);
    void GiveBack() { Hold(0); }

   private:
    std::shared_ptr<BodyBudget> budget_;
    std::uint64_t bytes_ = 0;
  };

  explicit BodyBudget(std::uint64_t most) : most_(most) {}

  /// Whether so many more would fit now.
  bool HasRoomFor(std::uint64_t bytes) const { return bytes <= most_ && held() <= most_ - bytes; }
  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t most_;
  std::atomic<std::uint64_t> held_{0};
};

}  // namespace doclayout::http
