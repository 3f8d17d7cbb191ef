#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "health/readiness.h"
#include "http/analyze/scheduled_pages.h"
#include "http/server.h"
#include "http/testing/fake_model.h"
#include "http/testing/test_client.h"
#include "metrics/registry.h"

namespace doclayout::http {

struct TestSetup {
  Server::Options options{.host = "127.0.0.1", .port = 0};
  scheduler::Policy::Options policy{.slots = 1, .queue_capacity = 64, .spare_places = 0};
  FakeModelSteps model;
  const ApiKeysFile* api_keys = nullptr;
  Gate* gate = nullptr;  ///< in front of the model's inferences, instead of `model.infer`
  bool model_loaded = true;
  std::function<void(int slot, bool replaced)> on_stuck;
};

/// A server on a free port with everything that it needs. Not thread-safe.
class TestServer {
 public:
  explicit TestServer(TestSetup setup = {});
  /// Ends the server first, then opens the gate.
  ~TestServer();

  int port() const { return server_->port(); }
  Server& server() { return *server_; }
  ScheduledPages<FakeModel>& pages() { return pages_; }
  health::Readiness& readiness() { return readiness_; }

  /// The value of a series, written as it is exposed: `name{label="value"}`. -1 for one that is not there.
  double Metric(std::string_view series) const;
  /// Returns when the series has that value; asks again and again, and gives up after ten seconds with false.
  bool WaitForMetric(std::string_view series, double value) const;

  /// Drains on another thread, and returns once the port is closed.
  std::future<std::size_t> StartDrain();

 private:
  health::Report Readiness() const;

  Gate* const gate_;
  SteadyClock clock_;
  Logger logger_;
  metrics::Registry registry_;
  health::Readiness readiness_;
  ScheduledPages<FakeModel> pages_;
  std::unique_ptr<Server> server_;
};

/// A BMP of that size, all white.
std::string WhiteBmp(int width = 2, int height = 2);

/// A TIFF of two pages with one pixel each.
std::string TwoPageTiff();

/// `POST /analyze` of a small BMP.
std::string AnalyzeRequestText(std::string_view query = "", std::string_view headers = "");

/// The series that counts what was refused for that reason.
std::string Rejected(std::string_view reason);

/// The `code` of a problem; empty for a body that is none.
std::string CodeOf(const TestAnswer& answer);

}  // namespace doclayout::http
