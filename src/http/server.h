#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "decode/document.h"
#include "health/deep_health.h"
#include "health/health.h"
#include "health/readiness.h"
#include "http/analyze/analyze_run.h"
#include "http/analyze/page_service.h"
#include "http/clients/api_keys_file.h"
#include "http/clients/client_policy.h"
#include "http/handlers/reload_handler.h"
#include "http/handlers/version_handler.h"
#include "http/limits.h"
#include "http/middleware/trace_context.h"
#include "metrics/registry.h"
#include "types/decode_mode.h"

namespace doclayout::http {

/// The HTTP API (docs/api.md): reads requests, answers the small ones itself and has documents analysed by a service.
///
/// One I/O thread of its own does all reading, writing and the answers of health, metrics and version; decoding and
/// inference happen on the service's threads only. Thread-safe but for `Drain` and the destructor, which belong to the
/// owner.
class Server {
 public:
  struct Options {
    std::string host = "0.0.0.0";
    int port = 8000;  ///< 0: any that is free
    Limits limits;
    ClientPolicy clients;
    decode::Limits document_limits;
    std::size_t answer_cache_bytes = 0;                 ///< of what was found in documents; 0: nothing is kept
    std::chrono::milliseconds request_timeout{60'000};  ///< from a request's first byte to its answer, if it says none
    DecodeMode decode = DecodeMode::kExact;             ///< of pages, if a request says none
    std::chrono::milliseconds drain_grace{0};           ///< from the drain's begin, while the port stays open
    std::chrono::milliseconds drain_timeout{30'000};  ///< from the drain's begin; what is not answered then is cut off
    std::chrono::milliseconds drain_idle_grace{250};  ///< for requests that are on their way when the drain begins
    std::chrono::milliseconds accept_pause{100};      ///< when the process is out of descriptors
  };

  /// What probes are answered with; called on the I/O thread: they must not block.
  struct Reports {
    std::function<health::Report()> liveness;
    std::function<health::Report()> readiness;
    std::function<health::Report()> startup;
  };

  /// References must outlive the server, the registry and the service each other too: the registry asks the service for
  /// its numbers whenever metrics are read. Requests that are still in the service when the server is gone use the
  /// logger, the registry and the clock.
  struct Dependencies {
    PageService& pages;
    metrics::Registry& registry;
    const health::Readiness& readiness;
    Reports reports;
    Logger& logger;
    const Clock& clock;
    VersionInfo version;
    TraceSetup trace;
    std::string admin_token;  ///< empty: there is no /admin/reload
    ReloadModel reload;
    ObservePage observe_page;                   ///< of users' pages; may be empty
    health::DeepHealth* deep_health = nullptr;  ///< null: there is no /deep-health
    const ApiKeysFile* api_keys = nullptr;      ///< null: nobody needs a key
  };

  /// Binds, listens and serves from now on; whether requests find a model is the readiness' matter. Blocks for a name's
  /// resolution. `kBadParameter` when that address cannot be listened on. One server a registry.
  static Result<std::unique_ptr<Server>> Listen(const Options& options, Dependencies dependencies);

  /// Cuts off what `Drain` has not ended. Blocks for milliseconds.
  virtual ~Server() = default;

  virtual int port() const = 0;

  /// A model's labels: for each there is a series of `pp_doclayout_regions_total` from now on. Thread-safe.
  virtual void AddLabels(const std::vector<std::string>& labels) = 0;

  /// `pp_doclayout_inference_latency_seconds`, for pages whose request has left; the registry's.
  virtual metrics::Histogram& inference_latency() = 0;

  /// The I/O thread, which nothing may hold up: when it last went round, and the kernel's number of it. Thread-safe.
  virtual TimePoint last_turn() const = 0;
  virtual int io_thread_id() const = 0;

  /// After `drain_grace` closes the port, answers every request that has begun to arrive, with `Connection: close` on
  /// the last of each connection, and ends the others' connections. Blocks until that is done or `drain_timeout` has
  /// passed: shortly before, what is not answered is refused with 503 `draining`, and whoever does not take that is cut
  /// off. Returns how many connections were refused or cut off, 0 when nothing was lost.
  ///
  /// Before: `Readiness::SetDraining`. The service has to take requests until then.
  virtual std::size_t Drain() = 0;

  /// Lets a drain that goes on, or comes, end now as if its time were over. Any thread; returns at once.
  virtual void HurryDrain() = 0;
};

}  // namespace doclayout::http
