#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "commands.h"
#include "console.h"
#include "model/catalogue.h"
#include "model/install.h"
#include "model/model_file.h"
#include "model_info.h"
#include "model_setup.h"
#include "progress.h"
#include "terminal_text.h"

namespace doclayout {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using model::CatalogueEntry;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Says what was wrong and returns the exit code for it.
int Refuse(const Error& error, int exit_code) {
  Complain(error.message);
  return exit_code;
}

/// Writes the text and returns the exit code.
int Print(std::string_view text, int exit_code) {
  if (const auto written = WriteToStandardOutput(text); !written) return Refuse(written.error(), kExitSomeFailed);
  return exit_code;
}

Result<const CatalogueEntry*> Find(const std::string& name) {
  if (const CatalogueEntry* entry = model::FindByName(name)) return entry;
  return Fail(ErrorCode::kBadParameter,
              fmt::format("the catalogue has no model '{}'; it knows {}", name, model::CatalogueNames()));
}

bool IsThere(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

int List(const config::ModelConfig& config, const fs::path& folder) {
  Json list = Json::array();
  std::string text = fmt::format("{:<24}{:<17}{:>10}  {}\n", "NAME", "FAMILY", "SIZE", "WHERE");
  for (const CatalogueEntry& entry : model::Catalogue()) {
    const fs::path path = model::PulledFile(folder, entry);
    const bool pulled = IsThere(path);
    std::error_code error;
    const std::uint64_t bytes = pulled ? fs::file_size(path, error) : entry.bytes;
    std::string where = entry.embedded ? "in the program" : "not pulled";
    if (pulled) where = path.string();
    text += fmt::format("{:<24}{:<17}{:>10}  {}\n", entry.name, model::FamilyName(entry.family),
                        bytes > 0 && !error ? MebibytesText(bytes) : "?", Printable(where));
    list.push_back({{"name", entry.name},
                    {"family", model::FamilyName(entry.family)},
                    {"bytes", bytes > 0 && !error ? Json(bytes) : Json(nullptr)},
                    {"sha256", entry.sha256},
                    {"url", model::UrlOf(entry, "")},
                    {"embedded", entry.embedded},
                    {"path", pulled ? Json(path.string()) : Json(nullptr)}});
  }
  return Print(config.json ? Dump(list) : text, kExitGood);
}

int Pull(const config::ModelConfig& config, const fs::path& folder) {
  const auto entry = Find(config.names.front());
  if (!entry) return Refuse(entry.error(), kExitUsage);
  TransferProgress progress{std::string((*entry)->name)};
  model::DownloadHooks hooks;
  hooks.on_progress = [&](std::uint64_t done, std::uint64_t total) { progress.Show(done, total); };
  hooks.on_retry = [&](std::string_view fault, std::chrono::milliseconds wait) {
    progress.Clear();
    Complain(fmt::format("{}; again in {} ms", fault, wait.count()));
  };
  hooks.on_wait = [&] { Complain(fmt::format("another process pulls {}; waiting for it", (*entry)->name)); };
  const auto installed = config.file.empty() ? model::PullModel(**entry, folder, config.mirror, {}, hooks)
                                             : model::InstallModel(**entry, folder, config.file, hooks);
  progress.Clear();
  if (!installed) {
    return Refuse(installed.error(), installed.error().code == ErrorCode::kBadParameter ? kExitUsage : kExitSomeFailed);
  }
  const std::string path = installed->path.string();
  return Print(fmt::format("{}: {}{}, {}\n", (*entry)->name, installed->was_there ? "was there already: " : "",
                           Printable(path), MebibytesText(installed->bytes)),
               kExitGood);
}

/// What `verify` found of a model.
struct Verdict {
  std::string name;
  std::string status;  ///< "good", "damaged", "missing" or "unreadable"
  std::string path;    ///< empty: in the program
  std::string found;   ///< digest
  std::string detail;
};

Verdict Verify(const CatalogueEntry& entry, const fs::path& folder) {
  const fs::path path = model::PulledFile(folder, entry);
  Verdict verdict{.name = std::string(entry.name), .status = "good", .path = path.string(), .found = {}, .detail = {}};
  if (!IsThere(path)) {
    verdict.path.clear();
    verdict.status = entry.embedded ? "good" : "missing";
    if (entry.embedded) verdict.found = model::ModelFile::Embedded().card().sha256;
    if (!entry.embedded) verdict.detail = fmt::format("get it with `doclayout model pull {}`", entry.name);
  } else if (auto digest = model::DigestOf(path)) {
    verdict.found = std::move(*digest);
  } else {
    verdict.status = "unreadable";
    verdict.detail = digest.error().message;
  }
  if (!verdict.found.empty() && verdict.found != entry.sha256) {
    verdict.status = "damaged";
    verdict.detail = fmt::format("its SHA-256 is {}, not {}; get it again with `doclayout model pull {}`",
                                 verdict.found, entry.sha256, entry.name);
  }
  return verdict;
}

/// Those that were named, or else those that are there.
Result<std::vector<const CatalogueEntry*>> ToVerify(const config::ModelConfig& config, const fs::path& folder) {
  std::vector<const CatalogueEntry*> entries;
  for (const std::string& name : config.names) {
    const auto entry = Find(name);
    if (!entry) return Fail(entry.error());
    entries.push_back(*entry);
  }
  if (!config.names.empty()) return entries;
  for (const CatalogueEntry& entry : model::Catalogue()) {
    if (entry.embedded || IsThere(model::PulledFile(folder, entry))) entries.push_back(&entry);
  }
  return entries;
}

int VerifyAll(const config::ModelConfig& config, const fs::path& folder) {
  const auto entries = ToVerify(config, folder);
  if (!entries) return Refuse(entries.error(), kExitUsage);
  Json list = Json::array();
  std::string text;
  bool good = true;
  for (const CatalogueEntry* entry : *entries) {
    const Verdict verdict = Verify(*entry, folder);
    good = good && verdict.status == "good";
    const std::string where = verdict.path.empty() && entry->embedded ? "in the program" : verdict.path;
    text += fmt::format("{}: {}", verdict.name, verdict.status);
    if (!where.empty()) text += fmt::format(", {}", Printable(where));
    if (!verdict.detail.empty()) text += fmt::format(": {}", Printable(verdict.detail));
    text += '\n';
    list.push_back({{"name", verdict.name},
                    {"status", verdict.status},
                    {"path", verdict.path.empty() ? Json(nullptr) : Json(verdict.path)},
                    {"sha256", verdict.found.empty() ? Json(nullptr) : Json(verdict.found)},
                    {"expected", entry->sha256}});
  }
  return Print(config.json ? Dump(list) : text, good ? kExitGood : kExitSomeFailed);
}

int Info(const config::ModelConfig& config) {
  const auto file = ReadModel(config.names.empty() ? std::string() : config.names.front(), config.family);
  if (!file) return Refuse(file.error(), kExitModel);
  return Print(config.json ? ModelInfoJson(*file) : ModelInfoText(*file), kExitGood);
}

}  // namespace

int RunModel(const config::ModelConfig& config) {
  if (config.action == "info") return Info(config);
  const auto folder = model::ModelsFolder();
  if (!folder) return Refuse(folder.error(), kExitUsage);
  if (config.action == "list") return List(config, *folder);
  if (config.action == "pull") return Pull(config, *folder);
  return VerifyAll(config, *folder);
}

}  // namespace doclayout
