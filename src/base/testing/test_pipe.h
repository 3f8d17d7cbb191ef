#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>

namespace doclayout {

/// A pipe with a reader that reads when the test says so. Not thread-safe.
class TestPipe {
 public:
  /// `flags` as for pipe2().
  explicit TestPipe(int flags = 0) {
    if (pipe2(ends_.data(), O_CLOEXEC | flags) != 0) std::abort();
  }
  ~TestPipe() {
    CloseReadingEnd();
    close(ends_[1]);
  }
  TestPipe(const TestPipe&) = delete;
  TestPipe& operator=(const TestPipe&) = delete;

  int writing_end() const { return ends_[1]; }

  /// Until it takes not one byte more. The filling is read like all the rest: see `DiscardFilling`.
  void Fill() {
    const int flags = fcntl(ends_[1], F_GETFL);
    fcntl(ends_[1], F_SETFL, flags | O_NONBLOCK);
    for (const std::size_t size : {std::size_t{4096}, std::size_t{1}}) {
      const std::string some(size, '.');
      while (write(ends_[1], some.data(), size) > 0) filling_ += size;
    }
    fcntl(ends_[1], F_SETFL, flags);
  }

  /// Makes the room again that `Fill` took.
  void DiscardFilling() {
    while (unread_.size() < filling_ && ReadSome()) {
    }
    unread_.erase(0, filling_);
    filling_ = 0;
  }

  /// The next line without its line feed; "" when none comes within ten seconds.
  std::string ReadLine() {
    std::size_t end = unread_.find('\n');
    while (end == std::string::npos) {
      if (!ReadSome()) return "";
      end = unread_.find('\n');
    }
    const std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return line;
  }

  /// What one read() gives: with the flag O_DIRECT, what was written at once. "" when nothing comes within ten seconds.
  std::string ReadPiece() {
    if (unread_.empty()) ReadSome();
    return std::exchange(unread_, "");
  }

  void CloseReadingEnd() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  bool ReadSome() {
    constexpr int kPatienceMilliseconds = 10'000;
    pollfd watched = {ends_[0], POLLIN, 0};
    if (poll(&watched, 1, kPatienceMilliseconds) <= 0) return false;
    std::array<char, 4096> some{};
    const ssize_t count = read(ends_[0], some.data(), some.size());
    if (count > 0) unread_.append(some.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  std::array<int, 2> ends_{-1, -1};
  std::size_t filling_ = 0;
  std::string unread_;
};

}  // namespace doclayout
