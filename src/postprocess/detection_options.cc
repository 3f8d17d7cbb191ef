#include "postprocess/detection_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace doclayout::postprocess {
namespace {

using Labels = std::vector<std::string>;

std::optional<std::size_t> FindLabel(const Labels& labels, std::string_view name) {
  const auto found = std::find(labels.begin(), labels.end(), name);
  if (found == labels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - labels.begin());
}

tl::unexpected<Error> UnknownLabel(std::string_view parameter, std::string_view key, const Labels& labels) {
  return Fail(ErrorCode::kBadParameter, fmt::format("{}: the model has no class '{}'; its classes are {}", parameter,
                                                    key, fmt::join(labels, ", ")));
}

/// Hands each class and its value to `set`.
template <typename T, typename Set>
Result<void> ForEachClass(std::string_view parameter, const ClassMap<T>& values, const Labels& labels, Set set) {
  std::vector<bool> seen(labels.size());
  for (const auto& [key, value] : values) {
    const auto number = model::FindClass(labels, key);
    if (!number) return UnknownLabel(parameter, key, labels);
    if (seen[*number]) {
      return Fail(ErrorCode::kBadParameter,
                  fmt::format("{}: class '{}' has two values, by its name and its number", parameter, labels[*number]));
    }
    seen[*number] = true;
    set(*number, value);
  }
  return {};
}

/// One kind of value: the single one in `AnalyzeParameters`, those of classes, and where it goes in `ClassOptions`.
template <typename T, typename Option>
struct Setting {
  std::string_view class_parameter;
  std::optional<T> AnalyzeParameters::* single;
  ClassMap<T> AnalyzeParameters::* classes;
  Option ClassOptions::* option;
};

constexpr Setting<float, float> kThreshold{"class_threshold", &AnalyzeParameters::threshold,
                                           &AnalyzeParameters::class_threshold, &ClassOptions::threshold};
constexpr Setting<MergeMode, MergeMode> kMerge{"class_merge", &AnalyzeParameters::merge,
                                               &AnalyzeParameters::class_merge, &ClassOptions::merge};
constexpr Setting<UnclipRatio, std::optional<UnclipRatio>> kUnclip{
    "class_unclip", &AnalyzeParameters::unclip, &AnalyzeParameters::class_unclip, &ClassOptions::unclip};

/// Fills one member of all classes; whether any class has a value of its own.
template <typename T, typename Option>
Result<bool> Resolve(const Setting<T, Option>& setting, const model::ModelCard& card,
                     const AnalyzeParameters& parameters, DetectionOptions& options) {
  const AnalyzeParameters& defaults = card.defaults;
  const bool given = (parameters.*setting.single).has_value();
  if (const auto& single = (given ? parameters : defaults).*setting.single) {
    for (ClassOptions& of_class : options.classes) of_class.*setting.option = *single;
  }
  const auto set = [&](std::size_t number, const T& value) { options.classes[number].*setting.option = value; };
  const ClassMap<T> none;
  const ClassMap<T>& of_model = given ? none : defaults.*setting.classes;
  const ClassMap<T>& of_caller = parameters.*setting.classes;
  for (const ClassMap<T>* values : {&of_model, &of_caller}) {
    if (auto done = ForEachClass(setting.class_parameter, *values, card.labels, set); !done) {
      return Fail(std::move(done.error()));
    }
  }
  return !of_model.empty() || !of_caller.empty();
}

Result<void> ResolveOrder(const model::ModelCard& card, const AnalyzeParameters& parameters,
                          DetectionOptions& options) {
  const auto& unordered = parameters.unordered_labels ? parameters.unordered_labels : card.defaults.unordered_labels;
  if (!unordered) return {};
  for (const std::string& label : *unordered) {
    const auto number = FindLabel(card.labels, label);
    if (!number) return UnknownLabel("unordered_labels", label, card.labels);
    options.classes[*number].ordered = false;
  }
  return {};
}

template <typename T>
T Choose(const std::optional<T>& given, const std::optional<T>& of_model, T otherwise) {
  return given ? *given : of_model.value_or(otherwise);
}

bool HasMasks(const model::ModelCard& card) {
  if (const auto* rows = std::get_if<model::DetectionOutputs>(&card.outputs)) return rows->masks.has_value();
  return std::holds_alternative<model::QueryOutputs>(card.outputs);
}

/// The first parameter that is given and that a model of PicoDet's kind has no use for.
std::string_view FirstUnusedByPicoDet(const AnalyzeParameters& given) {
  if (!given.class_threshold.empty()) return "class_threshold";
  if (given.merge) return "merge";
  if (!given.class_merge.empty()) return "class_merge";
  if (given.unclip) return "unclip";
  if (!given.class_unclip.empty()) return "class_unclip";
  if (given.shape) return "shape";
  if (given.overlap_filter) return "overlap_filter";
  if (given.polygon_width) return "polygon_width";
  return {};
}

Result<void> CheckUse(const model::ModelCard& card, const AnalyzeParameters& parameters) {
  if (std::holds_alternative<model::PicoDetOutputs>(card.outputs)) {
    const std::string_view unused = FirstUnusedByPicoDet(parameters);
    if (unused.empty()) return {};
    return Fail(ErrorCode::kBadParameter,
                fmt::format("'{}' has no effect with the model {}, which is of the family picodet", unused, card.name));
  }
  const bool outlines = parameters.shape == RegionShape::kPoly || parameters.shape == RegionShape::kQuad;
  if (outlines && !HasMasks(card)) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("'shape' may be rect or auto with the model {}, which gives no masks", card.name));
  }
  const auto* rows = std::get_if<model::DetectionOutputs>(&card.outputs);
  if (parameters.polygon_width && (rows == nullptr || !rows->masks)) {
    return Fail(ErrorCode::kBadParameter, fmt::format("'polygon_width' has no effect with the model {}", card.name));
  }
  return {};
}

}  // namespace

Result<DetectionOptions> ResolveOptions(const model::ModelCard& card, const AnalyzeParameters& parameters) {
  const AnalyzeParameters& defaults = card.defaults;
  DetectionOptions options;
  options.classes.resize(card.labels.size());
  options.threshold = Choose(parameters.threshold, defaults.threshold, 0.5F);
  options.merge = Choose(parameters.merge, defaults.merge, MergeMode::kUnion);
  options.nms = Choose(parameters.nms, defaults.nms, true);
  options.whole_pixels = card.family != model::Family::kPpDocLayout;
  options.overlap_filter = Choose(parameters.overlap_filter, defaults.overlap_filter, false);
  options.polygon_width = Choose(parameters.polygon_width, defaults.polygon_width, PolygonWidth::kReference);
  if (HasMasks(card)) options.shape = Choose(parameters.shape, defaults.shape, RegionShape::kAuto);

  const auto thresholds = Resolve(kThreshold, card, parameters, options);
  if (!thresholds) return Fail(thresholds.error());
  options.class_thresholds = *thresholds;
  const auto merge = Resolve(kMerge, card, parameters, options);
  if (!merge) return Fail(merge.error());
  options.class_merge = *merge;
  if (const auto unclip = Resolve(kUnclip, card, parameters, options); !unclip) return Fail(unclip.error());
  if (auto order = ResolveOrder(card, parameters, options); !order) return Fail(std::move(order.error()));
  return options;
}

Result<void> CheckParameters(const model::ModelCard& card, const AnalyzeParameters& parameters) {
  if (auto use = CheckUse(card, parameters); !use) return use;
  if (const auto options = ResolveOptions(card, parameters); !options) return Fail(options.error());
  return {};
}

}  // namespace doclayout::postprocess
