#include "http/server.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "http/analyze/answer_cache.h"
#include "http/connection.h"
#include "http/connection_set.h"
#include "http/door.h"
#include "http/event_loop.h"
#include "http/handlers/analyze_handler.h"
#include "http/handlers/deep_health_handler.h"
#include "http/handlers/health_handler.h"
#include "http/handlers/metrics_handler.h"
#include "http/listener.h"
#include "http/middleware_list.h"
#include "http/router.h"
#include "http/routes.h"
#include "http/server_metrics.h"

namespace doclayout::http {
namespace {

/// That a refusal gets on its way to a caller who reads.
constexpr std::chrono::milliseconds kLastWords{500};

std::shared_ptr<const AnalyzeContext> MakeAnalyzeContext(const Server::Options& options,
                                                         const Server::Dependencies& dependencies,
                                                         std::shared_ptr<BodyBudget> bodies,
                                                         std::shared_ptr<ServerMetrics> metrics,
                                                         std::shared_ptr<AnswerCache> answers) {
  return std::make_shared<const AnalyzeContext>(AnalyzeContext{.pages = dependencies.pages,
                                                               .limits = options.document_limits,
                                                               .timeout = options.request_timeout,
                                                               .decode = options.decode,
                                                               .bodies = std::move(bodies),
                                                               .metrics = std::move(metrics),
                                                               .answers = std::move(answers),
                                                               .observe = dependencies.observe_page,
                                                               .logger = dependencies.logger,
                                                               .clock = dependencies.clock});
}

/// Nullopt: there is no such path.
std::optional<DeepHealthHandler> MakeDeepHealth(const Server::Options& options,
                                                const Server::Dependencies& dependencies) {
  if (dependencies.deep_health == nullptr) return std::nullopt;
  return std::make_optional<DeepHealthHandler>(
      DeepHealthHandler::Context{*dependencies.deep_health, dependencies.pages, dependencies.readiness,
                                 options.document_limits, dependencies.logger});
}

/// Null: there is none.
std::shared_ptr<AnswerCache> MakeAnswerCache(std::size_t most_bytes) {
  return most_bytes > 0 ? std::make_shared<AnswerCache>(most_bytes) : nullptr;
}

class TcpServer final : public Server {
 public:
  TcpServer(const Options& options, Dependencies dependencies, std::unique_ptr<EventLoop> loop,
            std::shared_ptr<Listener> listener)
      : options_(options),
        metrics_(std::make_shared<ServerMetrics>(dependencies.registry, dependencies.pages)),
        bodies_(std::make_shared<BodyBudget>(options_.limits.max_body_bytes_in_flight)),
        answers_(MakeAnswerCache(options_.answer_cache_bytes)),
        liveness_(dependencies.reports.liveness),
        readiness_(dependencies.reports.readiness),
        startup_(dependencies.reports.startup),
        exposition_(dependencies.registry),
        version_(dependencies.version, dependencies.pages),
        analyze_(MakeAnalyzeContext(options_, dependencies, bodies_, metrics_, answers_), dependencies.readiness),
        deep_health_(MakeDeepHealth(options_, dependencies)),
        reload_(dependencies.admin_token, dependencies.reload),
        router_(MakeRoutes({analyze_, liveness_, readiness_, startup_, exposition_, version_,
                            deep_health_ ? &*deep_health_ : nullptr,
                            dependencies.admin_token.empty() ? nullptr : &reload_})),
        chain_(MakeMiddlewares({options_.limits, options_.clients, dependencies.trace, dependencies.api_keys, router_,
                                *metrics_, dependencies.registry, dependencies.logger, dependencies.clock})),
        connections_(metrics_->connections),
        loop_(std::move(loop)),
        port_(listener->port()),
        context_{*loop_,
                 options_.limits,
                 chain_,
                 dependencies.readiness,
                 connections_,
                 bodies_,
                 dependencies.logger,
                 dependencies.clock,
                 options_.drain_idle_grace},
        door_(context_, std::move(listener), [this] { metrics_->CountRejection(Rejection::kTooManyConnections); }) {
    metrics_->AddRoutes(router_.routes());
    dependencies.registry.AddGaugeFunction(
        "pp_doclayout_body_bytes_in_flight",
        "Bytes of request bodies that are being received, wait or are decoded, and of pages "
        "that wait for a slot",
        {}, [bodies = bodies_] { return static_cast<double>(bodies->held()); });
    AddCacheMetrics(dependencies.registry, answers_);
    door_.Open();
  }

  ~TcpServer() override {
    door_.Shut();
    loop_.reset();
  }

  int port() const override { return port_; }
  void AddLabels(const std::vector<std::string>& labels) override { metrics_->AddLabels(labels); }
  metrics::Histogram& inference_latency() override { return metrics_->inference_latency; }
  TimePoint last_turn() const override { return loop_->last_turn(); }
  int io_thread_id() const override { return loop_->thread_id(); }

  std::size_t Drain() override {
    const auto drained = std::make_shared<std::promise<std::size_t>>();
    // Callers still come while balancers learn that this instance is not ready: the port stays open for them.
    loop_->PostAfter(options_.drain_grace, [this] { CloseDoors(); });
    const Duration last_words = LastWords();
    loop_->PostAfter(options_.drain_timeout - last_words, [this, last_words] { EndDrain(last_words); });
    loop_->Post([this, drained] {
      when_drained_ = [this, drained] { drained->set_value(std::max(cut_off_, connections_.lost())); };
      if (doors_closed_) connections_.WhenEmpty(std::exchange(when_drained_, nullptr));
    });
    return drained->get_future().get();
  }

  void HurryDrain() override {
    loop_->Post([this] { EndDrain(LastWords()); });
  }

 private:
  /// The end of the time to drain, in which what is refused is told so.
  Duration LastWords() const { return std::min<Duration>(kLastWords, options_.drain_timeout / 4); }

  void CloseDoors() {
    if (std::exchange(doors_closed_, true)) return;
    door_.Close();
    connections_.Drain();
    if (when_drained_) connections_.WhenEmpty(std::exchange(when_drained_, nullptr));
  }

  void EndDrain(Duration last_words) {
    if (std::exchange(ending_, true)) return;
    CloseDoors();
    connections_.Refuse();
    loop_->PostAfter(last_words, [this] {
      cut_off_ = connections_.lost();
      connections_.Abort();
    });
  }

  // In the order of use: what comes later refers to what comes before. All but the first and the port belong to the I/O
  // thread once it runs.
  const Options options_;
  const std::shared_ptr<ServerMetrics> metrics_;
  const std::shared_ptr<BodyBudget> bodies_;
  const std::shared_ptr<AnswerCache> answers_;  // null: there is none
  HealthHandler liveness_;
  HealthHandler readiness_;
  HealthHandler startup_;
  MetricsHandler exposition_;
  VersionHandler version_;
  AnalyzeHandler analyze_;
  std::optional<DeepHealthHandler> deep_health_;
  ReloadHandler reload_;
  const Router router_;
  const MiddlewareChain chain_;
  ConnectionSet connections_;
  bool doors_closed_ = false;
  bool ending_ = false;
  std::size_t cut_off_ = 0;
  std::function<void()> when_drained_;  // until the doors are closed
  std::unique_ptr<EventLoop> loop_;
  const int port_;
  const ConnectionContext context_;
  Door door_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(const Options& options, Dependencies dependencies) {
  auto loop = std::make_unique<EventLoop>(dependencies.logger);
  const Listener::Options where{.host = options.host, .port = options.port, .pause = options.accept_pause};
  Result<std::shared_ptr<Listener>> listener = Listener::Open(where, *loop, dependencies.logger);
  if (!listener) return Fail(std::move(listener.error()));
  return std::make_unique<TcpServer>(options, std::move(dependencies), std::move(loop), std::move(*listener));
}

}  // namespace doclayout::http
