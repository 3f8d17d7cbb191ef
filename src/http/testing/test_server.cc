#include "http/testing/test_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "health/memory.h"
#include "health/process.h"

namespace doclayout::http {
namespace {

constexpr std::chrono::seconds kPatience{10};

void AppendLittle(std::string& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

health::Report Liveness() {
  return health::Judge({health::CheckProcessMemory({.resident_bytes = health::ResidentBytes()}, 0)});
}

std::shared_ptr<FakeModel> MakeModel(TestSetup& setup) {
  if (setup.gate != nullptr) setup.model.infer = setup.gate->Guarded();
  return std::make_shared<FakeModel>(setup.model);
}

}  // namespace

TestServer::TestServer(TestSetup setup)
    : gate_(setup.gate),
      logger_(LogLevel::kOff, STDERR_FILENO),
      pages_({.policy = setup.policy, .pool = {}, .on_stuck = setup.on_stuck}, MakeModel(setup), clock_) {
  if (setup.model_loaded) readiness_.SetModelLoaded();
  auto server =
      Server::Listen(setup.options, {.pages = pages_,
                                     .registry = registry_,
                                     .readiness = readiness_,
                                     .reports = {.liveness = [] { return Liveness(); },
                                                 .readiness = [this] { return Readiness(); },
                                                 .startup = [this] { return health::StartupReport(readiness_); }},
                                     .logger = logger_,
                                     .clock = clock_,
                                     .version = {.version = "1.2.3", .commit = "abc"},
                                     .api_keys = setup.api_keys});
  if (!server) std::abort();
  server_ = std::move(*server);
  server_->AddLabels({"text", "table"});
}

health::Report TestServer::Readiness() const {
  return health::Judge({health::CheckModel(readiness_), health::CheckSlots(pages_.slots()),
                        health::CheckEngine(pages_.slots()), health::CheckDraining(readiness_)});
}

TestServer::~TestServer() {
  server_.reset();
  if (gate_ != nullptr) gate_->Open();
}

double TestServer::Metric(std::string_view series) const {
  std::istringstream lines(registry_.Expose(metrics::Registry::Format::kPrometheusText));
  const std::string start = std::string(series) + " ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) return std::stod(line.substr(start.size()));
  }
  return -1;
}

bool TestServer::WaitForMetric(std::string_view series, double value) const {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    if (Metric(series) == value) return true;
    std::this_thread::yield();
  }
  return false;
}

std::future<std::size_t> TestServer::StartDrain() {
  readiness_.SetDraining();
  auto drained = std::async(std::launch::async, [this] { return server_->Drain(); });
  while (TestClient(port()).Send("x")) {
  }
  return drained;
}

std::string Rejected(std::string_view reason) {
  return fmt::format("pp_doclayout_rejected_total{{reason=\"{}\"}}", reason);
}

std::string WhiteBmp(int width, int height) {
  const auto row_bytes = static_cast<std::uint32_t>((width * 3 + 3) / 4 * 4);
  const std::uint32_t pixel_bytes = row_bytes * static_cast<std::uint32_t>(height);
  std::string bmp = "BM";
  for (const std::uint32_t value :
       {54 + pixel_bytes, 0U, 54U, 40U, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)}) {
    AppendLittle(bmp, value, 4);
  }
  AppendLittle(bmp, 1, 2);   // planes
  AppendLittle(bmp, 24, 2);  // bits a pixel
  for (const std::uint32_t value : {0U, pixel_bytes, 2835U, 2835U, 0U, 0U}) AppendLittle(bmp, value, 4);
  return bmp + std::string(pixel_bytes, '\xff');
}

std::string TwoPageTiff() {
  struct Entry {
    std::uint32_t tag, value;
  };
  std::string tiff = "II";
  AppendLittle(tiff, 42, 2);
  AppendLittle(tiff, 10, 4);  // the first directory
  tiff += "\xff\xff";         // the pixels, at 8 and 9
  for (const std::uint32_t page : {0U, 1U}) {
    const std::vector<Entry> entries = {{256, 1},        {257, 1}, {258, 8}, {259, 1}, {262, 1},
                                        {273, 8 + page}, {277, 1}, {278, 1}, {279, 1}};
    AppendLittle(tiff, static_cast<std::uint32_t>(entries.size()), 2);
    for (const Entry& entry : entries) {
      AppendLittle(tiff, entry.tag, 2);
      AppendLittle(tiff, 4, 2);  // LONG
      AppendLittle(tiff, 1, 4);
      AppendLittle(tiff, entry.value, 4);
    }
    AppendLittle(tiff, page == 0 ? static_cast<std::uint32_t>(tiff.size()) + 4 : 0, 4);
  }
  return tiff;
}

std::string AnalyzeRequestText(std::string_view query, std::string_view headers) {
  const std::string target = query.empty() ? "/analyze" : fmt::format("/analyze?{}", query);
  return MakeRequest("POST", target, fmt::format("Content-Type: image/bmp\r\n{}", headers), WhiteBmp());
}

std::string CodeOf(const TestAnswer& answer) {
  if (answer.Header("content-type") != "application/problem+json") return "";
  return nlohmann::json::parse(answer.body).at("code");
}

}  // namespace doclayout::http
