#include "golden_file.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/sha256.h"
#include "decode/document.h"
#include "http/analyze/base64.h"
#include "input_file.h"
#include "types/tensor.h"

extern "C" {
extern const std::uint8_t doclayout_golden_page_begin[];
extern const std::uint8_t doclayout_golden_page_end[];
extern const char doclayout_golden_regions_begin[];
extern const char doclayout_golden_regions_end[];
}

namespace doclayout {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20;
constexpr std::size_t kMostRegions = 10'000;

std::string_view BuiltInRegions() {
  return {doclayout_golden_regions_begin, doclayout_golden_regions_end};
}

std::string EncodeBase64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Result<std::shared_ptr<const Page>> DecodePage(std::span<const std::uint8_t> bytes) {
  auto document = decode::OpenDocument(bytes, {});
  if (!document) return Fail(std::move(document.error()));
  if ((*document)->page_count() != 1) return Fail(ErrorCode::kBadParameter, "a golden page is one page");
  Result<Page> page = (*document)->ReadPage(0);
  if (!page) return Fail(std::move(page.error()));
  return std::make_shared<const Page>(std::move(*page));
}

Result<std::shared_ptr<const Page>> ReadPage(const Json& json) {
  const auto digest = json.at("sha256").get<std::string>();
  std::string data;
  std::span<const std::uint8_t> bytes = BuiltInGoldenPage();
  if (json.contains("data")) {
    data = json.at("data").get<std::string>();
    if (const auto decoded = http::DecodeBase64(data); !decoded) return Fail(decoded.error());
    bytes = {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
  }
  if (Sha256(bytes) != digest) {
    return Fail(ErrorCode::kBadParameter, json.contains("data")
                                              ? "its page is damaged: another SHA-256"
                                              : "it is of another built-in page than this version's: make it anew");
  }
  return DecodePage(bytes);
}

Result<Region> ReadRegion(const Json& json) {
  Region region{.label = json.at("label").get<std::string>(), .score = json.at("score").get<float>()};
  const auto box = json.at("bbox").get<std::array<float, 4>>();
  region.bbox = {box[0], box[1], box[2], box[3]};
  const bool sane = region.score >= 0 && region.score <= 1 && AllFinite(box) && box[2] >= box[0] && box[3] >= box[1];
  if (!sane) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("one of its regions, {}, has no score of 0 to 1 or no box x1, y1, x2, y2", region.label));
  }
  return region;
}

std::string Short(const std::string& digest) {
  return digest.substr(0, 12);
}

Result<health::GoldenPage> ReadJson(const Json& json, const model::ModelCard& card) {
  if (json.at("format").get<int>() != kFormat) {
    return Fail(ErrorCode::kBadParameter, fmt::format("its format is not {}: make it anew", kFormat));
  }
  const Json& model = json.at("model");
  if (model.at("sha256").get<std::string>() != card.sha256 ||
      model.at("settings_sha256").get<std::string>() != card.settings_sha256) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("it is of another model, {} of SHA-256 {}, and not of {} of {}; make it anew",
                            model.at("name").get<std::string>(), Short(model.at("sha256").get<std::string>()),
                            card.name, Short(card.sha256)));
  }
  health::GoldenPage golden{.page = nullptr, .regions = std::vector<Region>()};
  auto page = ReadPage(json.at("page"));
  if (!page) return Fail(std::move(page.error()));
  golden.page = std::move(*page);
  const Json& regions = json.at("regions");
  if (!regions.is_array() || regions.empty() || regions.size() > kMostRegions) {
    return Fail(
        ErrorCode::kBadParameter,
        fmt::format("it has no list of 1 to {} regions: a page on which nothing is found shows nothing", kMostRegions));
  }
  for (const Json& entry : regions) {
    Result<Region> region = ReadRegion(entry);
    if (!region) return Fail(std::move(region.error()));
    golden.regions->push_back(std::move(*region));
  }
  return golden;
}

Result<health::GoldenPage> ReadGoldenFile(const std::string& name, const model::ModelCard& card) {
  std::error_code error;
  // Nobody waits for a pipe, and no page is so large.
  if (fs::exists(name, error) && (!fs::is_regular_file(name, error) || fs::file_size(name, error) > kMostBytes)) {
    return Fail(
        ErrorCode::kBadParameter,
        fmt::format("the golden page '{}' cannot be used: it is no file of at most {} MiB", name, kMostBytes >> 20));
  }
  const auto bytes = ReadInputFile(name);
  if (!bytes) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the golden page '{}' cannot be used: {}", name, bytes.error().message));
  }
  auto golden = ReadGolden({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, card);
  if (!golden) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the golden page '{}' cannot be used: {}", name, golden.error().message));
  }
  return golden;
}

}  // namespace

std::span<const std::uint8_t> BuiltInGoldenPage() {
  return {doclayout_golden_page_begin, doclayout_golden_page_end};
}

std::string WriteGolden(const model::ModelCard& card, std::span<const std::uint8_t> page,
                        const std::vector<Region>& regions) {
  Json json;
  json["format"] = kFormat;
  json["model"] = {{"name", card.name}, {"sha256", card.sha256}, {"settings_sha256", card.settings_sha256}};
  json["page"] = {{"sha256", Sha256(page.empty() ? BuiltInGoldenPage() : page)}};
  if (!page.empty()) json["page"]["data"] = EncodeBase64(page);
  json["regions"] = Json::array();
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  // A line a region, for people who compare two of them.
  std::string lines;
  for (const Region& region : regions) {
    const Box& box = region.bbox;
    lines +=
        fmt::format("{}\n    {{\"label\": {}, \"score\": {:.4f}, \"bbox\": [{:.1f}, {:.1f}, {:.1f}, {:.1f}]}}",
                    lines.empty() ? "" : ",", Json(region.label).dump(-1, ' ', false, Json::error_handler_t::replace),
                    region.score, box.x1, box.y1, box.x2, box.y2);
  }
  constexpr std::string_view kNone = "[]";
  text.replace(text.rfind(kNone), kNone.size(), lines.empty() ? "[]" : fmt::format("[{}\n  ]", lines));
  return text + "\n";
}

Result<health::GoldenPage> ReadGolden(std::string_view text, const model::ModelCard& card) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Fail(ErrorCode::kBadParameter, "it is not JSON");
  try {
    return ReadJson(json, card);
  } catch (const Json::exception& exception) {
    // "[json.exception.type_error.304] cannot …"
    std::string_view what = exception.what();
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    return Fail(ErrorCode::kBadParameter, fmt::format("it is no golden page: {}", what));
  }
}

fs::path GoldenPathOf(const fs::path& graph) {
  if (graph.empty()) return {};
  return fs::path(graph).replace_extension(".golden.json");
}

Result<FoundGolden> LoadGolden(const model::ModelCard& card, const fs::path& graph, const std::string& file,
                               NamedGolden named) {
  std::string why;
  if (!file.empty()) {
    auto golden = ReadGoldenFile(file, card);
    if (golden) return FoundGolden{.page = std::move(*golden), .note = {}};
    if (named == NamedGolden::kMustFit) {
      return Fail(ErrorCode::kBadParameter, golden.error().message + " (--golden-file)");
    }
    why = golden.error().message;
  }
  const fs::path beside = GoldenPathOf(graph);
  std::error_code error;
  if (!beside.empty() && fs::exists(beside, error)) {
    if (auto golden = ReadGoldenFile(beside.string(), card))
      return FoundGolden{.page = std::move(*golden), .note = {}};
    else
      why = golden.error().message;
  }
  if (auto golden = ReadGolden(BuiltInRegions(), card)) return FoundGolden{.page = std::move(*golden), .note = why};
  auto page = DecodePage(BuiltInGoldenPage());
  if (!page) return Fail(ErrorCode::kInternal, page.error().message);
  if (why.empty()) {
    why = fmt::format(
        "nothing is recorded of what the model {} finds on the golden page: `doclayout model golden` does", card.name);
  }
  return FoundGolden{.page = {.page = std::move(*page), .regions = std::nullopt},
                     .note = why + "; deep health compares with the model's own first answer"};
}

}  // namespace doclayout
