#include "http/analyze/reserved_page.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/guarded.h"
#include "base/mutex.h"

namespace doclayout::http {
namespace {

using Sample = health::DeepHealth::Sample;

/// No name or address is like it.
constexpr const char* kClient = "the service itself";
/// It is one page at a time, which is what the service has room for beside users' pages.
constexpr std::uint64_t kAnyBytes = std::uint64_t{1} << 40;

/// Ends once, by what is first. Keeps itself alive until then.
class ReservedPage : public std::enable_shared_from_this<ReservedPage> {
 public:
  ReservedPage(PageService& pages, std::shared_ptr<const Page> page, health::DeepHealth::SampleDone done)
      : pages_(pages), page_(std::move(page)), done_(std::move(done)) {}

  void Start(Deadline deadline) {
    const auto self = shared_from_this();
    PageService::Listener listener{.on_page = [self](int, Result<PageLayout> layout,
                                                     const PageSteps& steps) { self->Take(std::move(layout), steps); },
                                   .on_end = [self](Error error) { self->End(Fail(std::move(error))); }};
    std::optional<scheduler::Refusal> refusal;
    {
      // Held, so that whatever comes at once finds the request.
      const MutexLock lock(mutex_);
      auto admitted =
          pages_.Admit({.client = kClient, .deadline = deadline, .reserved = true}, {}, std::move(listener));
      if (admitted) {
        request_ = std::move(*admitted);
      } else {
        refusal = std::move(admitted.error());
      }
    }
    if (refusal) return End(Fail(ErrorCode::kNotReady, std::move(refusal->message)));
    pages_.Post(scheduler::TaskPool::Kind::kBegins, [self] { self->Analyze(); });
  }

 private:
  void Analyze() {
    std::shared_ptr<PageRequest> request;
    {
      const MutexLock lock(mutex_);
      request = request_;
    }
    if (!request) return;  // it has ended meanwhile
    // What the model takes is much smaller than a page.
    const std::shared_ptr<const Page> page = std::move(page_);
    const Result<void> queued =
        Guarded([&] { return request->Analyze(*page, BodyBudget::Share(std::make_shared<BodyBudget>(kAnyBytes))); });
    if (!queued) End(Fail(queued.error()));
  }

  void Take(Result<PageLayout> layout, const PageSteps& steps) {
    if (!layout) return End(Fail(std::move(layout.error())));
    End(Sample{.layout = std::move(*layout),
               .queued = steps.slot_begin - steps.prepare_end,
               .inference = steps.slot_end - steps.slot_begin});
  }

  void End(Result<Sample> sample) {
    std::shared_ptr<PageRequest> request;
    health::DeepHealth::SampleDone done;
    {
      const MutexLock lock(mutex_);
      request = std::move(request_);
      done = std::exchange(done_, nullptr);
    }
    if (request) request->Leave();
    if (done) done(std::move(sample));
  }

  PageService& pages_;
  std::shared_ptr<const Page> page_;  // of the one task that prepares it
  Mutex mutex_;
  std::shared_ptr<PageRequest> request_ GUARDED_BY(mutex_);
  health::DeepHealth::SampleDone done_ GUARDED_BY(mutex_);
};

}  // namespace

void InferReserved(PageService& pages, std::shared_ptr<const Page> page, Deadline deadline,
                   health::DeepHealth::SampleDone done) {
  std::make_shared<ReservedPage>(pages, std::move(page), std::move(done))->Start(deadline);
}

}  // namespace doclayout::http
