#include "types/parameter_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace doclayout {
namespace {

/// More classes than any model has.
constexpr std::size_t kMaxEntries = 1000;
constexpr double kMaxUnclip = 100;

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // "nan" and "inf" are numbers to from_chars.
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<float> ReadScore(std::string_view text) {
  const auto value = ReadNumber<float>(text);
  if (!value || *value < 0 || *value > 1) return std::nullopt;
  return std::fabs(*value);  // "-0" is 0
}

std::optional<bool> ReadSwitch(std::string_view text) {
  if (text == "true" || text == "1" || text == "on") return true;
  if (text == "false" || text == "0" || text == "off") return false;
  return std::nullopt;
}

template <typename Value, std::size_t size>
std::optional<Value> ReadName(std::string_view text, const std::pair<std::string_view, Value> (&names)[size]) {
  const auto found = std::find_if(names, names + size, [&](const auto& name) { return name.first == text; });
  return found == names + size ? std::nullopt : std::optional<Value>(found->second);
}

std::optional<MergeMode> ReadMerge(std::string_view text) {
  return ReadName<MergeMode>(
      text, {{"union", MergeMode::kUnion}, {"large", MergeMode::kLarge}, {"small", MergeMode::kSmall}});
}

std::optional<RegionShape> ReadShape(std::string_view text) {
  return ReadName<RegionShape>(text, {{"rect", RegionShape::kRect},
                                      {"quad", RegionShape::kQuad},
                                      {"poly", RegionShape::kPoly},
                                      {"auto", RegionShape::kAuto}});
}

std::optional<PolygonWidth> ReadPolygonWidth(std::string_view text) {
  return ReadName<PolygonWidth>(text, {{"reference", PolygonWidth::kReference}, {"exact", PolygonWidth::kExact}});
}

/// "1.1" for both directions, or width and height with `separator` between them.
std::optional<UnclipRatio> ReadUnclip(std::string_view text, char separator) {
  const std::size_t middle = text.find(separator);
  const auto width = ReadNumber<double>(text.substr(0, middle));
  const auto height = middle == std::string_view::npos ? width : ReadNumber<double>(text.substr(middle + 1));
  const auto in_range = [](const std::optional<double>& ratio) { return ratio && *ratio > 0 && *ratio <= kMaxUnclip; };
  if (!in_range(width) || !in_range(height)) return std::nullopt;
  return UnclipRatio{.width = *width, .height = *height};
}

std::optional<UnclipRatio> ReadUnclipOfAll(std::string_view text) {
  return ReadUnclip(text, ',');
}

std::optional<UnclipRatio> ReadUnclipOfClass(std::string_view text) {
  return ReadUnclip(text, 'x');
}

std::optional<std::vector<std::string_view>> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (parts.back().empty() || parts.size() > kMaxEntries) return std::nullopt;
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

/// "5:0.4,text:0.5": a class's number or name, a colon, its value. No class twice.
template <typename Value>
std::optional<ClassMap<Value>> ReadClassMap(std::string_view text, std::optional<Value> (*read)(std::string_view)) {
  const auto entries = Split(text);
  if (!entries) return std::nullopt;
  ClassMap<Value> map;
  for (const std::string_view entry : *entries) {
    const std::size_t colon = entry.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
    const auto value = read(entry.substr(colon + 1));
    if (!value || !map.emplace(entry.substr(0, colon), *value).second) return std::nullopt;
  }
  return map;
}

/// Stores what was read; false when there is nothing.
template <typename Value>
bool Store(std::optional<Value>& target, std::optional<Value> value) {
  target = std::move(value);
  return target.has_value();
}

template <typename Value>
bool Store(ClassMap<Value>& target, std::optional<ClassMap<Value>> value) {
  if (!value) return false;
  target = std::move(*value);
  return true;
}

bool ReadUnorderedLabels(std::string_view text, AnalyzeParameters& parameters) {
  parameters.unordered_labels.emplace();
  if (text == "none") return true;
  const auto labels = Split(text);
  if (labels) parameters.unordered_labels->assign(labels->begin(), labels->end());
  return labels.has_value();
}

constexpr std::string_view kSwitch = "true, false, 1, 0, on or off";

constexpr std::array kTexts = {
    ParameterText{"threshold", "report regions with a higher score", "a number from 0 to 1", "0.4",
                  [](std::string_view text, AnalyzeParameters& p) { return Store(p.threshold, ReadScore(text)); }},
    ParameterText{"class_threshold", "the same for some classes, by label number or name",
                  "CLASS:NUMBER,…, each number from 0 to 1 and no class twice", "5:0.4,text:0.5",
                  [](std::string_view text, AnalyzeParameters& p) {
                    return Store(p.class_threshold, ReadClassMap(text, ReadScore));
                  }},
    ParameterText{"nms", "whether overlapping boxes are suppressed", kSwitch, "true",
                  [](std::string_view text, AnalyzeParameters& p) { return Store(p.nms, ReadSwitch(text)); }},
    ParameterText{"merge", "what stays when one region contains another: both, the outer or the inner",
                  "union, large or small", "large",
                  [](std::string_view text, AnalyzeParameters& p) { return Store(p.merge, ReadMerge(text)); }},
    ParameterText{"class_merge", "the same for some classes", "CLASS:union|large|small,… and no class twice",
                  "3:large,table:union",
                  [](std::string_view text, AnalyzeParameters& p) {
                    return Store(p.class_merge, ReadClassMap(text, ReadMerge));
                  }},
    ParameterText{"unclip", "factor by which boxes grow around their centre, or one for width and one for height",
                  "NUMBER or WIDTH,HEIGHT, each above 0 and at most 100", "1.1,1.2",
                  [](std::string_view text, AnalyzeParameters& p) { return Store(p.unclip, ReadUnclipOfAll(text)); }},
    ParameterText{"class_unclip", "the same for some classes",
                  "CLASS:NUMBER,… or CLASS:WIDTHxHEIGHT,…, each above 0 and at most 100 and no class twice",
                  "5:1.1x1.2,text:1.05",
                  [](std::string_view text, AnalyzeParameters& p) {
                    return Store(p.class_unclip, ReadClassMap(text, ReadUnclipOfClass));
                  }},
    ParameterText{"shape", "outline of a region: its box, a rotated rectangle, its contour, or what fits best",
                  "rect, quad, poly or auto", "poly",
                  [](std::string_view text, AnalyzeParameters& p) { return Store(p.shape, ReadShape(text)); }},
    ParameterText{
        "overlap_filter", "whether of regions that overlap by much only one stays", kSwitch, "true",
        [](std::string_view text, AnalyzeParameters& p) { return Store(p.overlap_filter, ReadSwitch(text)); }},
    ParameterText{
        "polygon_width",
        "which width of a box limits the gaps of its polygon: the reference's (x2 - y1) or the right one",
        "reference or exact", "exact",
        [](std::string_view text, AnalyzeParameters& p) { return Store(p.polygon_width, ReadPolygonWidth(text)); }},
    ParameterText{"unordered_labels", "labels that take no part in the reading order, or none", "LABEL,… or none",
                  "header,footer", ReadUnorderedLabels},
};

}  // namespace

std::span<const ParameterText> ParameterTexts() {
  return kTexts;
}

}  // namespace doclayout
