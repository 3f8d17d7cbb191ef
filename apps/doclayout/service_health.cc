#include "service_health.h"

#include <iterator>
#include <string>
#include <utility>

namespace doclayout {
namespace {

void Append(std::vector<health::Check>& checks, const std::function<std::vector<health::Check>()>& source) {
  if (!source) return;
  std::vector<health::Check> more = source();
  checks.insert(checks.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

health::Report ServiceHealth::Liveness() const {
  std::vector<health::Check> checks{health::CheckProcessMemory(sources_.memory(), sources_.memory_limit_bytes())};
  Append(checks, sources_.pulse);
  Append(checks, sources_.gpu_liveness);
  return health::Judge(std::move(checks));
}

health::Report ServiceHealth::Readiness() const {
  const health::Slots slots = sources_.slots();
  std::vector<health::Check> checks{health::CheckModel(sources_.readiness), health::CheckSlots(slots),
                                    health::CheckEngine(slots), health::CheckDraining(sources_.readiness),
                                    health::CheckHeadRoom(sources_.memory(), sources_.head_room)};
  Append(checks, sources_.gpu_readiness);
  if (sources_.deep_verdict) checks.push_back(sources_.deep_verdict());
  return health::Judge(std::move(checks));
}

health::Report ServiceHealth::Startup() const {
  return health::StartupReport(sources_.readiness);
}

http::Server::Reports ServiceHealth::Reports() const {
  return {.liveness = [this] { return Liveness(); },
          .readiness = [this] { return Readiness(); },
          .startup = [this] { return Startup(); }};
}

void AddHealthMetrics(metrics::Registry& registry, std::string_view layer, std::function<health::Report()> report) {
  for (const health::Check& check : report().checks) {
    registry.AddGaugeFunction("pp_doclayout_health", "1 healthy, 0.5 warning, 0 unhealthy.",
                              {{"layer", std::string(layer)}, {"check", check.name}},
                              [report, name = check.name] { return health::Score(report(), name); });
  }
}

}  // namespace doclayout
