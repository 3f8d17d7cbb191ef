#include "base/line_writer.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/cpu.h"
#include "base/mutex.h"

namespace doclayout {
namespace {

/// A buffer that grew in a burst is given back above this size.
constexpr std::size_t kKeptBytes = std::size_t{64} << 10;

/// For a thread that is told to end and is not in the midst of a write that hangs.
constexpr std::chrono::milliseconds kEndGrace{200};

/// An eventfd: wakes a poll(). Thread-safe.
class WakeUp {
 public:
  WakeUp() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~WakeUp() { close(descriptor_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  void Signal() const { eventfd_write(descriptor_, 1); }

  /// Blocks until signalled, or until `other` (-1 for none) takes bytes or is broken: then true.
  bool WaitOr(int other) const {
    std::array<pollfd, 2> watched = {{{descriptor_, POLLIN, 0}, {other, POLLOUT, 0}}};
    if (poll(watched.data(), watched.size(), -1) < 0) return false;
    eventfd_t count = 0;
    if (watched[0].revents != 0) eventfd_read(descriptor_, &count);
    return watched[1].revents != 0;
  }

 private:
  const int descriptor_;
};

/// What may be written at once: whole lines of together PIPE_BUF bytes at most, or a part of a line that is longer. A
/// pipe that poll() calls writable takes that much without blocking, and another process's bytes get not in between.
std::string_view NextPiece(std::string_view lines) {
  const std::string_view piece = lines.substr(0, PIPE_BUF);
  const std::size_t end = piece.rfind('\n');
  return end == std::string_view::npos ? piece : piece.substr(0, end + 1);
}

/// The rest of a line that was begun, or a part of it: the next line may go to another descriptor.
std::string_view NextPieceOfLine(std::string_view rest) {
  return rest.substr(0, std::min<std::size_t>(PIPE_BUF, rest.find('\n') + 1));
}

/// The same descriptor for all lines.
class OneDescriptor final : public LineTarget {
 public:
  explicit OneDescriptor(int descriptor) : descriptor_(descriptor) {}
  int DescriptorFor(std::size_t) override { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

/// What the callers and the writing thread share. Thread-safe.
class LineWriter::Queue {
 public:
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}

  void Push(std::string_view line) EXCLUDES(mutex_) {
    bool wake = false;
    {
      const MutexLock lock(mutex_);
      if (line.size() <= capacity_ - waiting_.size()) {
        waiting_ += line;
      } else {
        ++refused_;
        CountDropped(1);
      }
      wake = std::exchange(idle_, false);
    }
    if (wake) wake_.Signal();
  }

  /// Blocks until there are lines, or some were refused, and hands over both: `lines` is replaced, `refused` added to.
  /// False when the queue is closed and empty.
  bool Take(std::string& lines, std::uint64_t& refused) EXCLUDES(mutex_) {
    lines.clear();
    if (lines.capacity() > kKeptBytes) std::string().swap(lines);
    while (true) {
      {
        const MutexLock lock(mutex_);
        if (!waiting_.empty() || refused_ > 0) {
          lines.swap(waiting_);
          refused += std::exchange(refused_, 0);
          return true;
        }
        if (closed_) return false;
        idle_ = true;
      }
      wake_.WaitOr(-1);
    }
  }

  /// Blocks until `descriptor` takes bytes or is broken; false once abandoned.
  bool WaitUntilWritable(int descriptor) const {
    while (!abandoned_) {
      if (wake_.WaitOr(descriptor)) return !abandoned_;
    }
    return false;
  }

  /// No more lines come: what waits is written.
  void Close() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    wake_.Signal();
  }

  /// What waits is dropped.
  void Abandon() {
    abandoned_ = true;
    wake_.Signal();
  }

  void CountDropped(std::uint64_t lines) { dropped_.fetch_add(lines, std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  const std::size_t capacity_;

  const WakeUp wake_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<std::uint64_t> dropped_ = 0;

  Mutex mutex_;
  std::string waiting_ GUARDED_BY(mutex_);
  std::uint64_t refused_ GUARDED_BY(mutex_) = 0;  ///< since the last Take
  bool idle_ GUARDED_BY(mutex_) = false;          ///< the writing thread waits to be woken
  bool closed_ GUARDED_BY(mutex_) = false;
};

/// The writing thread's half. Touches nothing of the LineWriter, which it may outlive.
class LineWriter::Consumer {
 public:
  Consumer(std::shared_ptr<Queue> queue, std::shared_ptr<LineTarget> target, Options options)
      : queue_(std::move(queue)), target_(std::move(target)), options_(std::move(options)) {}

  void Run() {
    std::string lines;
    while (queue_->Take(lines, unsaid_)) {
      const std::size_t written = WriteAll(lines);
      const std::string_view rest = std::string_view(lines).substr(written);
      auto lost = std::count(rest.begin(), rest.end(), '\n');
      // Cut off at its very end a line is whole, as soon as its end is written.
      if (line_cut_ && rest.starts_with('\n')) --lost;
      if (lost > 0) Drop(static_cast<std::uint64_t>(lost));
      // After what was in the queue when it was full: that is where lines are missing.
      if (lost == 0 && unsaid_ > 0) SayDropped();
    }
  }

 private:
  void Drop(std::uint64_t lines) {
    const int error = errno;
    queue_->CountDropped(lines);
    unsaid_ += lines;
    if (!std::exchange(refused_, true) && options_.on_refused) options_.on_refused(error);
  }

  void SayDropped() {
    const std::string notice = options_.dropped_notice(unsaid_);
    if (WriteAll(notice) != notice.size()) return;
    if (std::exchange(refused_, false) && options_.on_recovered) options_.on_recovered(unsaid_);
    unsaid_ = 0;
  }

  /// Blocks until all is written, the descriptor refuses, or the writer's end. How many bytes were written; if not all,
  /// errno says why.
  std::size_t WriteAll(std::string_view lines) {
    // The rest of a line was refused: the next one gets a line of its own all the same.
    if (line_cut_ && WriteSome("\n") <= 0) return 0;
    line_cut_ = false;
    std::size_t written = 0;
    while (written < lines.size()) {
      const std::string_view rest = lines.substr(written);
      const bool begins_line = written == 0 || lines[written - 1] == '\n';
      const std::string_view piece = begins_line ? NextPiece(rest) : NextPieceOfLine(rest);
      if (begins_line) descriptor_ = target_->DescriptorFor(std::max(piece.size(), rest.find('\n') + 1));
      const auto count = descriptor_ >= 0 ? WriteSome(piece) : -1;
      if (count <= 0) break;
      written += static_cast<std::size_t>(count);
    }
    line_cut_ = written > 0 && lines[written - 1] != '\n';
    return written;
  }

  /// As many bytes as the descriptor takes at once; waits until it takes any. Not positive: it refused.
  ssize_t WriteSome(std::string_view piece) const {
    while (queue_->WaitUntilWritable(descriptor_)) {
      const ssize_t count = write(descriptor_, piece.data(), piece.size());
      if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
    }
    errno = ECANCELED;
    return -1;
  }

  const std::shared_ptr<Queue> queue_;
  const std::shared_ptr<LineTarget> target_;
  const Options options_;
  int descriptor_ = -1;
  std::uint64_t unsaid_ = 0;  ///< dropped, and not yet said so
  bool refused_ = false;      ///< some of these, by the target or its descriptor
  bool line_cut_ = false;     ///< the last byte written was not a line's last
};

LineWriter::LineWriter(int descriptor, Options options)
    : LineWriter(std::make_shared<OneDescriptor>(descriptor), std::move(options)) {}

LineWriter::LineWriter(std::shared_ptr<LineTarget> target, Options options)
    : flush_timeout_(options.flush_timeout), queue_(std::make_shared<Queue>(options.capacity)) {
  std::promise<void> ended;
  ended_ = ended.get_future();
  Consumer consumer(queue_, std::move(target), std::move(options));
  thread_ = std::thread([consumer = std::move(consumer), ended = std::move(ended)]() mutable {
    NameThread("log-writer");
    // A write to a pipe without a reader, or beyond a file's size limit, must be an error and not a signal.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    consumer.Run();
    ended.set_value();
  });
}

LineWriter::~LineWriter() {
  queue_->Close();
  if (ended_.wait_for(flush_timeout_) == std::future_status::timeout) {
    queue_->Abandon();
    if (ended_.wait_for(kEndGrace) == std::future_status::timeout) {
      // It hangs inside write(): a terminal that is stopped says that it takes bytes, then takes fewer than it is
      // given.
      thread_.detach();
      return;
    }
  }
  thread_.join();
}

void LineWriter::Write(std::string_view line) {
  queue_->Push(line);
}

std::uint64_t LineWriter::dropped() const {
  return queue_->dropped();
}

}  // namespace doclayout
