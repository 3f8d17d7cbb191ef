#include "tracing/span_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <semaphore>

#include "base/mutex.h"
#include "base/testing/scripted_server.h"
#include "base/testing/test_pipe.h"

namespace doclayout::tracing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

/// Answers what the test says, when the test says so. Thread-safe.
class FakeCollector final : public Collector {
 public:
  Answer Post(const std::string& body) override {
    const MutexLock lock(mutex_);
    bodies_.push_back(body);
    arrived_.release();
    while (!abandoned_ && answers_.empty()) changed_.Wait(mutex_);
    if (answers_.empty()) return {.fault = "abandoned"};
    Answer answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

  void Abandon() override {
    const MutexLock lock(mutex_);
    abandoned_ = true;
    changed_.NotifyAll();
  }

  std::string name() const override { return "http://collector/v1/traces"; }

  /// Lets one more request be answered so.
  void Give(Answer answer) {
    const MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.NotifyAll();
  }

  /// Blocks until so many requests have come in all. On the test's thread only.
  void WaitForRequests(std::size_t count) {
    for (; waited_for_ < count; ++waited_for_) arrived_.acquire();
  }

  /// How many spans each request had.
  std::vector<std::size_t> Sizes() {
    const MutexLock lock(mutex_);
    std::vector<std::size_t> sizes;
    for (const std::string& body : bodies_) {
      sizes.push_back(nlohmann::json::parse(body)["resourceSpans"][0]["scopeSpans"][0]["spans"].size());
    }
    return sizes;
  }

 private:
  std::counting_semaphore<> arrived_{0};
  std::size_t waited_for_ = 0;
  CondVar changed_;

  Mutex mutex_;
  std::deque<Answer> answers_ GUARDED_BY(mutex_);
  std::vector<std::string> bodies_ GUARDED_BY(mutex_);
  bool abandoned_ GUARDED_BY(mutex_) = false;
};

/// What the exporter owns, while the test keeps the collector itself.
class Borrowed final : public Collector {
 public:
  explicit Borrowed(Collector& collector) : collector_(collector) {}
  Answer Post(const std::string& body) override { return collector_.Post(body); }
  void Abandon() override { collector_.Abandon(); }
  std::string name() const override { return collector_.name(); }

 private:
  Collector& collector_;
};

std::vector<Span> Spans(std::size_t count) {
  return std::vector<Span>(count);
}

class SpanExporterTest : public testing::Test {
 protected:
  SpanExporterTest() {
    options_.queue = {.capacity = 8, .batch = 4, .longest_wait = hours(1)};
    options_.retry = {.attempts = 2, .backoff = milliseconds(1)};
    options_.flush_timeout = hours(1);
  }

  void Start() {
    exporter_.emplace(std::make_unique<Borrowed>(collector_), Resource(), options_,
                      SpanExporter::Dependencies{registry_, logger_, clock_});
  }

  /// A series as it stands in the text.
  std::string Series(const std::string& name) const {
    const std::string text = "\n" + registry_.Expose(metrics::Registry::Format::kPrometheusText);
    const std::size_t begin = text.find("\n" + name + " ");
    if (begin == std::string::npos) return "there is none";
    return text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
  }

  void ExpectCounts(int exported, int queue_full, int export_failed) const {
    const auto expect = [this](const std::string& name, int value) {
      EXPECT_EQ(Series(name), name + " " + std::to_string(value));
    };
    expect("pp_doclayout_spans_exported_total", exported);
    expect("pp_doclayout_spans_dropped_total{reason=\"queue_full\"}", queue_full);
    expect("pp_doclayout_spans_dropped_total{reason=\"export_failed\"}", export_failed);
  }

  const SteadyClock clock_;
  TestPipe log_;
  Logger logger_{LogLevel::kInfo, log_.writing_end()};
  metrics::Registry registry_;
  FakeCollector collector_;
  SpanExporter::Options options_;
  std::optional<SpanExporter> exporter_;
};

TEST_F(SpanExporterTest, ItsSeriesAreThereFromTheStart) {
  Start();

  ExpectCounts(0, 0, 0);
}

TEST_F(SpanExporterTest, SendsAFullBatchAtOnceAndTheRestAtTheEnd) {
  Start();
  exporter_->Export(Spans(4));
  collector_.Give({.status = 200});
  collector_.WaitForRequests(1);
  exporter_->Export(Spans(1));
  collector_.Give({.status = 200});

  exporter_.reset();

  EXPECT_EQ(collector_.Sizes(), (std::vector<std::size_t>{4, 1}));
  ExpectCounts(5, 0, 0);
}

TEST_F(SpanExporterTest, SendsABatchThatIsNotFullWhenItHasWaitedForLong) {
  options_.queue.longest_wait = milliseconds(1);
  Start();

  exporter_->Export(Spans(1));

  collector_.WaitForRequests(1);
  collector_.Give({.status = 200});
}

TEST_F(SpanExporterTest, NeverBlocksAndCountsWhatFindsNoRoom) {
  Start();
  exporter_->Export(Spans(4));
  collector_.WaitForRequests(1);  // and the collector stays silent

  exporter_->Export(Spans(8));
  exporter_->Export(Spans(3));

  ExpectCounts(0, 3, 0);
  for (int request = 0; request < 2; ++request) collector_.Give({.status = 200});
  exporter_.reset();
  ExpectCounts(12, 3, 0);
}

TEST_F(SpanExporterTest, TriesAgainWhatMayPass) {
  Start();
  collector_.Give({.status = 503});
  collector_.Give({.status = 200});

  exporter_->Export(Spans(4));
  collector_.WaitForRequests(2);
  exporter_.reset();

  EXPECT_EQ(collector_.Sizes(), (std::vector<std::size_t>{4, 4}));
  ExpectCounts(4, 0, 0);
}

TEST_F(SpanExporterTest, DropsAndCountsWhatTheCollectorDoesNotTake) {
  Start();
  collector_.Give({.status = 400});
  collector_.Give({.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"3"}})"});
  collector_.Give({.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"99"}})"});

  for (std::size_t batch = 1; batch <= 3; ++batch) {
    exporter_->Export(Spans(4));
    collector_.WaitForRequests(batch);
  }
  exporter_.reset();

  ExpectCounts(1, 0, 11);
}

TEST_F(SpanExporterTest, SaysOnceThatSpansAreLostAndOnceThatTheyGetThroughAgain) {
  Start();
  for (int request = 0; request < 2; ++request) collector_.Give({.status = 404, .body = "no such path"});
  for (int request = 0; request < 2; ++request) collector_.Give({.status = 200});

  for (std::size_t batch = 1; batch <= 4; ++batch) {
    exporter_->Export(Spans(4));
    collector_.WaitForRequests(batch);
  }
  exporter_.reset();
  logger_.Write(LogLevel::kInfo, "end");

  EXPECT_THAT(log_.ReadLine(), AllOf(HasSubstr("span_export_failed"), HasSubstr("it answered 404: no such path"),
                                     HasSubstr("http://collector/v1/traces")));
  EXPECT_THAT(log_.ReadLine(), AllOf(HasSubstr("span_export_recovered"), HasSubstr("\"lost\":8")));
  EXPECT_THAT(log_.ReadLine(), HasSubstr("\"end\""));
}

TEST_F(SpanExporterTest, SaysThatItsQueueWasFull) {
  Start();
  exporter_->Export(Spans(4));
  collector_.WaitForRequests(1);
  exporter_->Export(Spans(9));

  collector_.Give({.status = 200});

  EXPECT_THAT(log_.ReadLine(), AllOf(HasSubstr("span_export_failed"), HasSubstr("the queue is full")));
}

TEST_F(SpanExporterTest, AtTheEndWaitsForNoRetry) {
  options_.retry = {.attempts = 9, .backoff = hours(1), .longest_wait = hours(1)};
  Start();
  for (int request = 0; request < 4; ++request) collector_.Give({.status = 503});
  exporter_->Export(Spans(4));
  collector_.WaitForRequests(1);
  exporter_->Export(Spans(1));

  exporter_.reset();

  ExpectCounts(0, 0, 5);
}

TEST_F(SpanExporterTest, EndsThoughTheCollectorStaysSilentAndSaysWhatIsLost) {
  options_.flush_timeout = milliseconds(1);
  Start();
  exporter_->Export(Spans(4));
  collector_.WaitForRequests(1);
  exporter_->Export(Spans(5));

  exporter_.reset();

  ExpectCounts(0, 0, 9);
  EXPECT_THAT(log_.ReadLine(), HasSubstr("span_export_failed"));
  EXPECT_THAT(log_.ReadLine(), AllOf(HasSubstr("span_export_ended"), HasSubstr("\"lost\":9")));
}

TEST_F(SpanExporterTest, EndsWhileARealCollectorHangs) {
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  std::promise<void> arrived;
  ScriptedServer server({{.answer = "", .before = [&arrived] { arrived.set_value(); }, .hold = true}});
  options_.flush_timeout = milliseconds(1);
  exporter_.emplace(std::move(*ConnectLater({.url = server.url() + "/v1/traces", .headers = {}, .timeout = hours(1)})),
                    Resource(), options_, SpanExporter::Dependencies{registry_, logger_, clock_});
  exporter_->Export(Spans(4));
  arrived.get_future().wait();

  exporter_.reset();

  ExpectCounts(0, 0, 4);
}

}  // namespace
}  // namespace doclayout::tracing
