#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "http/testing/test_client.h"
#include "http/testing/test_server.h"

namespace doclayout::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TestAnswer Post(int port, std::string_view target, std::string_view content_type, std::string_view body) {
  return TestClient(port).Request(MakeRequest("POST", target, fmt::format("Content-Type: {}\r\n", content_type), body));
}

std::string Form(std::string_view name, std::string_view content) {
  return fmt::format("--b\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"a\"\r\n\r\n{}\r\n", name, content);
}

constexpr std::string_view kForm = "multipart/form-data; boundary=b";

/// "BM…" of a 1x1 BMP in base64 would be long to write by hand; the text is made here.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

TEST(Analyze, AnswersARawBody) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("content-type"), "application/json");
  EXPECT_THAT(answer.Header("server-timing"), testing::ContainsRegex("inference;dur=[0-9.]+, .*total;dur="));
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["request_id"], answer.Header("x-request-id"));
  EXPECT_EQ(json["model"]["name"], "fake");
  EXPECT_EQ(json["pages"][0]["width"], 2);
  EXPECT_EQ(json["pages"][0]["regions"][0]["label"], "text");
  EXPECT_GT(json["timings_ms"]["inference"], 0);
  EXPECT_GE(json["timings_ms"]["total"], json["timings_ms"]["inference"]);
}

TEST(Analyze, AnswersAForm) {
  TestServer server;

  const TestAnswer answer = Post(server.port(), "/analyze", kForm, Form("file", WhiteBmp(3, 5)) + "--b--\r\n");

  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(nlohmann::json::parse(answer.body)["pages"][0]["height"], 5);
}

TEST(Analyze, AnswersAJsonBody) {
  TestServer server;
  const std::string body = fmt::format(R"({{"image": "{}"}})", Base64(WhiteBmp(3, 5)));

  const TestAnswer answer = Post(server.port(), "/analyze", "application/json", body);

  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(nlohmann::json::parse(answer.body)["pages"][0]["height"], 5);
}

TEST(Analyze, AnswersAllPages) {
  TestServer server;

  const TestAnswer answer = Post(server.port(), "/analyze", "image/tiff", TwoPageTiff());

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(nlohmann::json::parse(answer.body)["pages"].size(), 2U);
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 2);
}

TEST(Analyze, DrawsAPng) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText("format=png"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("content-type"), "image/png");
  EXPECT_THAT(answer.body, StartsWith("\x89PNG"));
}

TEST(Analyze, DrawsOnePageOnly) {
  TestServer server;

  const TestAnswer answer = Post(server.port(), "/analyze?format=png", "image/tiff", TwoPageTiff());

  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(CodeOf(answer), "bad_parameter");
}

TEST(Analyze, PassesParametersOn) {
  AnalyzeParameters seen;
  TestServer server({.model = {.see_parameters = [&](const AnalyzeParameters& parameters) { seen = parameters; }}});

  TestClient(server.port()).Request(AnalyzeRequestText("threshold=0.25&nms=off"));

  EXPECT_FLOAT_EQ(seen.threshold.value(), 0.25F);
  EXPECT_EQ(seen.nms, false);
}

TEST(Analyze, RefusesParametersBeforeTheBody) {
  TestServer server;
  for (const char* query : {"threshold=abc", "threshold=-1", "threshold=2", "threshold=nan", "nms=maybe", "format=pdf",
                            "what=ever", "nms=1&nms=0"}) {
    TestClient client(server.port());
    // The body is announced and never sent.
    const TestAnswer answer = client.Request(fmt::format(
        "POST /analyze?{} HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n", query));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(CodeOf(answer), "bad_parameter") << query;
  }
}

struct BadDocument {
  const char* name;
  std::string content_type;
  std::string body;
  int status;
  std::string code;
};

class BadDocumentTest : public testing::TestWithParam<BadDocument> {};

TEST_P(BadDocumentTest, IsRefusedAndTheServiceLivesOn) {
  TestServer server;
  TestClient client(server.port());
  const BadDocument& bad = GetParam();

  const TestAnswer answer =
      client.Request(MakeRequest("POST", "/analyze", fmt::format("Content-Type: {}\r\n", bad.content_type), bad.body));

  EXPECT_EQ(answer.status, bad.status) << answer.body;
  EXPECT_EQ(CodeOf(answer), bad.code);
  EXPECT_GT(nlohmann::json::parse(answer.body)["detail"].get<std::string>().size(), 10U);
  EXPECT_EQ(client.Request(AnalyzeRequestText()).status, 200);
  EXPECT_EQ(server.Metric(fmt::format("pp_doclayout_errors_total{{error_type=\"{}\"}}", bad.code)), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Analyze, BadDocumentTest,
    testing::Values(BadDocument{"EmptyBody", "image/png", "", 400, "bad_request"},
                    BadDocument{"EmptyFile", std::string(kForm), Form("file", "") + "--b--", 422, "empty"},
                    BadDocument{"EmptyImage", "application/json", R"({"image": ""})", 422, "empty"},
                    BadDocument{"NoFile", std::string(kForm), "--b--", 400, "bad_request"},
                    BadDocument{"TwoFiles", std::string(kForm), Form("file", "x") + Form("file", "y") + "--b--", 400,
                                "bad_request"},
                    BadDocument{"OtherField", std::string(kForm), Form("picture", "x") + "--b--", 400, "bad_request"},
                    BadDocument{"CutForm", std::string(kForm), Form("file", "x"), 400, "bad_request"},
                    BadDocument{"WrongBoundary", "multipart/form-data; boundary=c", Form("file", "x") + "--b--", 400,
                                "bad_request"},
                    BadDocument{"NoBoundary", "multipart/form-data", Form("file", "x") + "--b--", 400, "bad_request"},
                    BadDocument{"TextType", "text/plain", "hello", 415, "unsupported_media"},
                    BadDocument{"Text", "image/jpeg", "this is no picture", 415, "unsupported_media"},
                    BadDocument{"Pdf", "application/pdf", "%PDF-1.7 and so on", 415, "unsupported_media"},
                    BadDocument{"CutBmp", "image/bmp", WhiteBmp(40, 40).substr(0, 200), 422, "undecodable"},
                    BadDocument{"ManyPixels", "image/bmp",
                                WhiteBmp(2, 2).replace(18, 8, std::string("\xf0\xff\0\0\xf0\xff\0\0", 8)), 413,
                                "too_large"},
                    BadDocument{"NotJson", "application/json", "{", 400, "bad_request"},
                    BadDocument{"DeepJson", "application/json", std::string(100'000, '['), 400, "bad_request"},
                    BadDocument{"NotBase64", "application/json", R"({"image": "@@@@"})", 400, "bad_request"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Analyze, NamesTheThreeTypesWhenThereIsNone) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(MakeRequest("POST", "/analyze", "", WhiteBmp()));

  EXPECT_EQ(answer.status, 415);
  EXPECT_THAT(answer.body, HasSubstr("multipart/form-data"));
  EXPECT_THAT(answer.body, HasSubstr("application/json"));
}

TEST(Analyze, RefusesContentEncodings) {
  TestServer server;

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText("", "Content-Encoding: gzip\r\n"));

  EXPECT_EQ(CodeOf(answer), "unsupported_media");
}

TEST(Analyze, IsNotReadyWithoutAModel) {
  TestServer server({.model_loaded = false});

  const TestAnswer answer = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(CodeOf(answer), "not_ready");
  EXPECT_NE(answer.Header("retry-after"), "");
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_rejected_total{reason=\"not_ready\"}", 1));
}

TEST(Analyze, RefusesAtOnceWhenTheQueueIsFull) {
  Gate gate;
  TestServer server({.policy = {.slots = 1, .queue_capacity = 1, .spare_places = 0}, .gate = &gate});
  TestClient running(server.port());
  running.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);
  TestClient waiting(server.port());
  waiting.Send(AnalyzeRequestText());
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_request_queue_length", 1));

  const TestAnswer refused = TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(CodeOf(refused), "overloaded");
  EXPECT_GE(std::stoi(refused.Header("retry-after")), 1);
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_rejected_total{reason=\"queue_full\"}", 1));
  EXPECT_EQ(server.Metric("pp_doclayout_load_ratio"), 2);
  gate.Open();
  EXPECT_EQ(running.Receive().status, 200);
  EXPECT_EQ(waiting.Receive().status, 200);
}

TEST(Analyze, RefusesBeforeTheBodyWhatTheModelCannotDo) {
  TestServer server({.model = {.check_parameters = [](const AnalyzeParameters& parameters) -> Result<void> {
                       if (!parameters.class_threshold.contains("99")) return {};
                       return Fail(ErrorCode::kBadParameter, "no class '99'");
                     }}});
  TestClient client(server.port());

  const TestAnswer refused = client.Request(AnalyzeRequestText("class_threshold=99:0.5"));

  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(CodeOf(refused), "bad_parameter");
  EXPECT_THAT(refused.body, HasSubstr("no class '99'"));
  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText("class_threshold=1:0.5")).status, 200);
}

TEST(Analyze, HidesWhatIsOurFault) {
  TestServer failing(
      {.model = {.infer = [](const Page&) -> Result<PageLayout> { return Fail(ErrorCode::kInternal, "secret"); }}});
  TestServer throwing(
      {.model = {.infer = [](const Page&) -> Result<PageLayout> { throw std::runtime_error("secret"); }}});

  for (TestServer* server : {&failing, &throwing}) {
    const TestAnswer answer = TestClient(server->port()).Request(AnalyzeRequestText());
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(CodeOf(answer), "internal");
    EXPECT_THAT(answer.body, testing::Not(HasSubstr("secret")));
    EXPECT_EQ(server->Metric("pp_doclayout_documents_total{outcome=\"failed\"}"), 1);
  }
}

TEST(Analyze, KeepsHealthAndInferenceApart) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient busy(server.port());
  busy.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  TestClient probe(server.port());

  EXPECT_EQ(probe.Request(MakeRequest("GET", "/health")).status, 200);
  EXPECT_EQ(probe.Request(MakeRequest("GET", "/ready")).status, 200);
  EXPECT_EQ(server.Metric("pp_doclayout_requests_in_progress"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_slots_busy"), 1);
  gate.Open();
  EXPECT_EQ(busy.Receive().status, 200);
}

TEST(Analyze, NoticesACallerWhoLeavesWhileTheModelWorks) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  client.Close();

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
  EXPECT_TRUE(server.WaitForMetric("http_connections_open", 0));
  gate.Open();
  EXPECT_EQ(TestClient(server.port()).Request(AnalyzeRequestText()).status, 200);
}

TEST(Analyze, NoticesACallerWhoLeavesBehindAPipelinedRequest) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(AnalyzeRequestText() + AnalyzeRequestText());
  gate.WaitForBegun(1);

  client.Close();

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
}

TEST(Analyze, NoticesAReset) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);

  client.Reset();

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
}

TEST(Analyze, SkipsAQueuedDocumentWhoseCallerLeft) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient running(server.port());
  running.Send(AnalyzeRequestText());
  gate.WaitForBegun(1);
  TestClient leaving(server.port());
  leaving.Send(AnalyzeRequestText());
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_request_queue_length", 1));

  leaving.Close();
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
  gate.Open();

  EXPECT_EQ(running.Receive().status, 200);
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_documents_total{outcome=\"cancelled\"}", 1));
  EXPECT_EQ(gate.begun(), 1);
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_requests_in_progress", 0));
}

TEST(Analyze, StopsBetweenPagesOnceTheCallerLeft) {
  Gate gate;
  TestServer server({.gate = &gate});
  TestClient client(server.port());
  client.Send(MakeRequest("POST", "/analyze", "Content-Type: image/tiff\r\n", TwoPageTiff()));
  gate.WaitForBegun(1);

  client.Close();
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
  gate.Open();

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_documents_total{outcome=\"cancelled\"}", 1));
  EXPECT_EQ(gate.begun(), 1);
}

TEST(Analyze, NoticesACallerWhoLeavesWithinTheBody) {
  TestServer server;
  TestClient client(server.port());
  client.Send("POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\npart");
  ASSERT_TRUE(server.WaitForMetric("pp_doclayout_requests_in_progress", 1));

  client.Close();

  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_cancelled_total", 1));
  EXPECT_EQ(server.Metric("http_requests_total{method=\"POST\",route=\"/analyze\",status=\"499\"}"), 1);
  EXPECT_TRUE(server.WaitForMetric("pp_doclayout_requests_in_progress", 0));
}

TEST(Analyze, RunsOnAllSlots) {
  Gate gate;
  TestServer server({.policy = {.slots = 2}, .gate = &gate});
  TestClient first(server.port());
  TestClient second(server.port());

  first.Send(AnalyzeRequestText());
  second.Send(AnalyzeRequestText());
  gate.WaitForBegun(2);
  gate.Open();

  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(second.Receive().status, 200);
}

TEST(Analyze, CountsWhatItDid) {
  TestServer server;

  TestClient(server.port()).Request(AnalyzeRequestText());

  EXPECT_TRUE(server.WaitForMetric("http_requests_total{method=\"POST\",route=\"/analyze\",status=\"200\"}", 1));
  EXPECT_TRUE(server.WaitForMetric("http_request_duration_seconds_count{route=\"/analyze\"}", 1));
  EXPECT_EQ(server.Metric("pp_doclayout_documents_total{outcome=\"ok\"}"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_pages_total"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_regions_total{label=\"text\"}"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_inference_latency_seconds_count"), 1);
  EXPECT_EQ(server.Metric("pp_doclayout_queue_duration_seconds_count"), 1);
  for (const char* stage : {"decode", "preprocess", "inference", "postprocess", "render"}) {
    EXPECT_EQ(server.Metric(fmt::format("pp_doclayout_stage_duration_seconds_count{{stage=\"{}\"}}", stage)), 1);
  }
}

}  // namespace
}  // namespace doclayout::http
