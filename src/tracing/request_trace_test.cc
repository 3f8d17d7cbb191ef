#include "tracing/request_trace.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"

namespace doclayout::tracing {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(RequestTrace, PutsTheStagesUnderTheRequestAndTheRequestUnderItsCaller) {
  FakeClock clock;
  const TimePoint start = clock.Now();
  RequestTrace trace = RequestTrace::Start(kTraceparent, 0, clock);
  trace.AddStage("decode", start, start + milliseconds(2), {{"pages", std::int64_t{1}}});

  const std::vector<Span> spans = trace.Finish("POST /analyze", start, {.time = start + milliseconds(9)});

  ASSERT_EQ(spans.size(), 2U);
  const Span& stage = spans[0];
  const Span& request = spans[1];
  EXPECT_EQ(Hex(request.parent), "b7ad6b7169203331");
  EXPECT_TRUE(request.parent_is_remote);
  EXPECT_EQ(request.kind, SpanKind::kServer);
  EXPECT_EQ(stage.parent, request.id);
  EXPECT_FALSE(stage.parent_is_remote);
  EXPECT_NE(stage.id, request.id);
  EXPECT_EQ(Hex(stage.trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(request.trace, stage.trace);
  EXPECT_EQ(stage.end - stage.start, milliseconds(2));
  EXPECT_EQ(request.end - request.start, milliseconds(9));
  EXPECT_EQ(stage.attributes.size(), 1U);
}

TEST(RequestTrace, TellsOnItselfAsTheParent) {
  FakeClock clock;
  RequestTrace trace = RequestTrace::Start(kTraceparent, 0, clock);
  const auto passed_on = ParseTraceparent(trace.Traceparent());
  const std::vector<Span> spans = trace.Finish("POST /analyze", clock.Now(), {.time = clock.Now()});

  ASSERT_TRUE(passed_on);
  EXPECT_TRUE(passed_on->sampled);
  EXPECT_EQ(passed_on->trace, spans.back().trace);
  EXPECT_EQ(passed_on->span, spans.back().id);
}

TEST(RequestTrace, WithoutAValidCallerBeginsATrace) {
  FakeClock clock;
  RequestTrace trace = RequestTrace::Start("rubbish", 1, clock);
  RequestTrace another = RequestTrace::Start("", 1, clock);

  EXPECT_NE(trace.trace_id(), another.trace_id());
  const std::vector<Span> spans = trace.Finish("POST /analyze", clock.Now(), {.time = clock.Now()});
  EXPECT_TRUE(spans.back().parent.IsZero());
  EXPECT_FALSE(spans.back().parent_is_remote);
}

TEST(RequestTrace, RecordsNothingThatIsNotSampled) {
  FakeClock clock;
  RequestTrace trace = RequestTrace::Start("", 0, clock);
  trace.AddStage("decode", clock.Now(), clock.Now());
  trace.AddFailedStage("decode", clock.Now(), clock.Now(), "broken");

  EXPECT_TRUE(trace.Finish("POST /analyze", clock.Now(), {.time = clock.Now()}).empty());
  EXPECT_FALSE(trace.trace_id().IsZero());
  EXPECT_TRUE(trace.Traceparent().ends_with("-00"));
}

TEST(RequestTrace, SaysWhatFailed) {
  FakeClock clock;
  RequestTrace trace = RequestTrace::Start("", 1, clock);
  trace.AddFailedStage("decode", clock.Now(), clock.Now(), "broken");

  const std::vector<Span> spans = trace.Finish(
      "POST /analyze", clock.Now(), {.time = clock.Now(), .attributes = {}, .failed = true, .message = "internal"});

  EXPECT_TRUE(spans[0].failed);
  EXPECT_EQ(spans[0].message, "broken");
  EXPECT_TRUE(spans[1].failed);
  EXPECT_EQ(spans[1].message, "internal");
}

}  // namespace
}  // namespace doclayout::tracing
