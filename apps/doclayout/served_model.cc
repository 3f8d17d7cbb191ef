#include "served_model.h"

#include <string>
#include <utility>

#include "postprocess/detection_options.h"

namespace doclayout {

Result<std::shared_ptr<ServedModel>> ServedModel::Create(LoadedModel loaded, const std::string& golden_file,
                                                         NamedGolden named) {
  Result<FoundGolden> golden = LoadGolden(loaded.card, loaded.path, golden_file, named);
  if (!golden) return Fail(std::move(golden.error()));
  std::vector<std::unique_ptr<runtime::Session>> sessions;
  // One more than slots: a slot takes its next page while the last one's outputs are still read.
  for (int i = 0; i < loaded.slots + 1; ++i) {
    auto session = loaded.engine->CreateSession();
    if (!session) return Fail(std::move(session.error()));
    sessions.push_back(std::move(*session));
  }
  return std::shared_ptr<ServedModel>(new ServedModel(std::move(loaded), std::move(*golden), std::move(sessions)));
}

ServedModel::ServedModel(LoadedModel loaded, FoundGolden golden,
                         std::vector<std::unique_ptr<runtime::Session>> sessions)
    : loaded_(std::move(loaded)),
      identity_{.name = loaded_.card.name,
                .sha256 = loaded_.card.sha256,
                .family = std::string(model::FamilyName(loaded_.card.family)),
                .settings_sha256 = loaded_.card.settings_sha256,
                .runtime = loaded_.engine->runtime()},
      golden_(std::move(golden)),
      batch_(sessions.front()->batch()),
      sessions_(std::move(sessions)) {}

Result<void> ServedModel::CheckParameters(const AnalyzeParameters& parameters) const {
  return postprocess::CheckParameters(loaded_.card, parameters);
}

Result<void> ServedModel::WarmUp() {
  const Page page{.image = Image(loaded_.card.input.width, loaded_.card.input.height)};
  const Result<Input> input = Prepare(page);
  if (!input) return Fail(input.error());
  std::vector<Output> outputs;  // kept until the end, so that each inference is another session's
  for (int i = 0; i < slots() + 1; ++i) {
    const Input* const only = &*input;
    Result<std::vector<Output>> inferred = Infer({&only, 1});
    if (!inferred) return Fail(std::move(inferred.error()));
    outputs.push_back(std::move(inferred->front()));
  }
  for (Output& output : outputs) {
    if (const auto layout = Finish(std::move(output), {}); !layout) return Fail(layout.error());
  }
  return {};
}

bool ServedModel::ReplaceSlot() {
  if (!loaded_.engine->replaces_hung_sessions()) return false;
  auto session = loaded_.engine->CreateSession();
  if (!session) return false;
  sessions_.Add(std::move(*session));
  return true;
}

}  // namespace doclayout
