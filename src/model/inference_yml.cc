#include "model/inference_yml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "model/mapped_file.h"
#include "model/yaml_tree.h"

namespace doclayout::model {
namespace {

using Kind = YamlTree::Kind;
using Channels = std::array<float, 3>;

constexpr int kMaxSide = 4096;
constexpr std::size_t kMaxLabels = 1000;
constexpr double kMaxUnclip = 100;

struct KnownName {
  std::string_view name;
  Family family;
};
constexpr std::array kKnownNames{
    KnownName{"PP-DocLayout_plus-L", Family::kPpDocLayout}, KnownName{"PP-DocLayout-L", Family::kPpDocLayout},
    KnownName{"PP-DocLayout-M", Family::kPpDocLayout},      KnownName{"PP-DocLayout-S", Family::kPpDocLayout},
    KnownName{"PP-DocLayoutV2", Family::kPpDocLayoutV2},    KnownName{"PP-DocLayoutV3", Family::kPpDocLayoutV3},
};

tl::unexpected<Error> Wrong(const YamlTree& tree, std::string_view key, std::string_view allowed) {
  return Fail(ErrorCode::kBadModel, fmt::format("line {}: {} is not {}", tree.line, key, allowed));
}

std::optional<double> NumberOf(const YamlTree& tree) {
  if (tree.kind != Kind::kScalar) return std::nullopt;
  double number = 0;
  const char* const end = tree.text.data() + tree.text.size();
  const auto [stop, fault] = std::from_chars(tree.text.data(), end, number);
  if (fault != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<int> SideOf(const YamlTree& tree) {
  const auto number = NumberOf(tree);
  if (!number || *number < 1 || *number > kMaxSide || *number != std::floor(*number)) return std::nullopt;
  return static_cast<int>(*number);
}

/// YAML 1.1, as Python's reader, and as yaml-cpp's.
std::optional<bool> SwitchOf(const YamlTree& tree) {
  if (tree.kind != Kind::kScalar) return std::nullopt;
  for (std::string_view yes : {"true", "True", "TRUE", "yes", "Yes", "on", "On"}) {
    if (tree.text == yes) return true;
  }
  for (std::string_view no : {"false", "False", "FALSE", "no", "No", "off", "Off"}) {
    if (tree.text == no) return false;
  }
  return std::nullopt;
}

std::optional<float> ThresholdOf(const YamlTree& tree) {
  const auto number = NumberOf(tree);
  if (!number || *number < 0 || *number > 1) return std::nullopt;
  return static_cast<float>(*number);
}

std::optional<MergeMode> MergeOf(const YamlTree& tree) {
  if (tree.kind != Kind::kScalar) return std::nullopt;
  if (tree.text == "union") return MergeMode::kUnion;
  if (tree.text == "large") return MergeMode::kLarge;
  if (tree.text == "small") return MergeMode::kSmall;
  return std::nullopt;
}

/// One factor, or one for width and one for height.
std::optional<UnclipRatio> UnclipOf(const YamlTree& tree) {
  const auto factor = [](const YamlTree& value) -> std::optional<double> {
    const auto number = NumberOf(value);
    return number && *number > 0 && *number <= kMaxUnclip ? number : std::nullopt;
  };
  if (tree.kind != Kind::kSequence) {
    const auto both = factor(tree);
    if (!both) return std::nullopt;
    return UnclipRatio{.width = *both, .height = *both};
  }
  if (tree.items.size() != 2) return std::nullopt;
  const auto width = factor(tree.items[0]);
  const auto height = factor(tree.items[1]);
  if (!width || !height) return std::nullopt;
  return UnclipRatio{.width = *width, .height = *height};
}

/// A value for all classes, or a map with one for some. Classes that the map leaves out have `usual`, as in paddlex.
template <typename T>
Result<void> ReadPerClass(const YamlTree& root, std::string_view key, std::string_view allowed, T usual,
                          std::optional<T> (*read)(const YamlTree&), std::optional<T>& all, ClassMap<T>& classes) {
  const YamlTree* tree = root.Find(key);
  if (tree == nullptr) return {};
  if (tree->kind != Kind::kMap) {
    all = read(*tree);
    if (!all) return Wrong(*tree, key, fmt::format("{} or a map from classes to such", allowed));
    return {};
  }
  all = usual;
  for (std::size_t i = 0; i < tree->keys.size(); ++i) {
    const std::string& name = tree->keys[i];
    const YamlTree& value = tree->items[i];
    const auto one = read(value);
    if (!one) return Wrong(value, fmt::format("{} of class '{}'", key, name), allowed);
    classes.insert_or_assign(name, *one);
  }
  return {};
}

Result<void> ReadLabels(const YamlTree& root, InferenceYml& yml) {
  const YamlTree* list = root.Find("label_list");
  if (list == nullptr) return {};
  if (list->kind != Kind::kSequence || list->items.empty() || list->items.size() > kMaxLabels) {
    return Wrong(*list, "label_list", fmt::format("a list of 1 to {} labels", kMaxLabels));
  }
  std::set<std::string_view> seen;
  for (const YamlTree& item : list->items) {
    if (item.kind != Kind::kScalar || item.text.empty()) return Wrong(item, "an entry of label_list", "a label");
    if (!seen.insert(item.text).second) {
      return Fail(ErrorCode::kBadModel, fmt::format("line {}: label_list has '{}' twice", item.line, item.text));
    }
    yml.labels.push_back(item.text);
  }
  return {};
}

Result<void> ReadModelName(const YamlTree& root, InferenceYml& yml) {
  const YamlTree* global = root.Find("Global");
  const YamlTree* name = global == nullptr ? nullptr : global->Find("model_name");
  if (name == nullptr) return {};
  const auto* known = std::ranges::find_if(kKnownNames, [&](const KnownName& one) { return one.name == name->text; });
  if (known == kKnownNames.end()) {
    std::string names;
    for (const KnownName& one : kKnownNames) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
    return Wrong(*name, fmt::format("Global.model_name '{}'", name->text), "one of " + names);
  }
  yml.model_name = known->name;
  yml.family = known->family;
  return {};
}

Result<void> ReadResize(const YamlTree& step, InferenceYml& yml) {
  const YamlTree* size = step.Find("target_size");
  if (size == nullptr) return Wrong(step, "target_size of Resize", "there");
  const bool pair = size->kind == Kind::kSequence && size->items.size() == 2;
  const auto height = pair ? SideOf(size->items[0]) : SideOf(*size);
  const auto width = pair ? SideOf(size->items[1]) : SideOf(*size);
  if (!height || !width) {
    return Wrong(*size, "target_size of Resize", fmt::format("[height, width] or one number, from 1 to {}", kMaxSide));
  }
  yml.height = *height;
  yml.width = *width;
  if (const YamlTree* keep = step.Find("keep_ratio"); keep != nullptr && SwitchOf(*keep) != false) {
    return Wrong(*keep, "keep_ratio of Resize", "false, which is what the models were trained with");
  }
  const YamlTree* interp = step.Find("interp");
  if (interp == nullptr) {
    yml.interpolation = Interpolation::kCubic;  // paddlex's default
    return {};
  }
  constexpr std::array<std::string_view, 5> kNames{"NEAREST", "LINEAR", "BICUBIC", "AREA", "LANCZOS4"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (interp->kind == Kind::kScalar && (interp->text == std::to_string(i) || interp->text == kNames[i])) {
      yml.interpolation = static_cast<Interpolation>(i);
      return {};
    }
  }
  return Wrong(*interp, "interp of Resize", "0 (nearest), 1 (linear), 2 (cubic), 3 (area) or 4 (Lanczos)");
}

Result<void> ReadChannels(const YamlTree& step, std::string_view key, Channels& channels) {
  const YamlTree* tree = step.Find(key);
  if (tree == nullptr) return {};
  const std::string what = fmt::format("{} of NormalizeImage", key);
  if (tree->kind != Kind::kSequence || tree->items.size() != channels.size()) {
    return Wrong(*tree, what, "a list of three numbers");
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto number = NumberOf(tree->items[i]);
    if (!number || std::abs(*number) > 1e6) return Wrong(tree->items[i], what, "a list of three numbers");
    channels[i] = static_cast<float>(*number);
  }
  return {};
}

/// As paddlex reads it (object_detection/predictor.py, build_normalize): mean and deviation count with the type "none"
/// as well, and pixels are divided by 255 unless `is_scale` says no.
Result<void> ReadNormalisation(const YamlTree& step, InferenceYml& yml) {
  bool given = step.Find("mean") != nullptr || step.Find("std") != nullptr;
  if (const YamlTree* type = step.Find("norm_type"); type != nullptr) {
    if (type->text != "none" && type->text != "mean_std") {
      return Wrong(*type, "norm_type of NormalizeImage", "none or mean_std");
    }
    given = given || type->text == "none";
  }
  // ImageNet's, which are also paddlex's defaults.
  Channels mean = given ? Channels{} : Channels{0.485F, 0.456F, 0.406F};
  Channels deviation = given ? Channels{1, 1, 1} : Channels{0.229F, 0.224F, 0.225F};
  if (auto good = ReadChannels(step, "mean", mean); !good) return good;
  if (auto good = ReadChannels(step, "std", deviation); !good) return good;
  if (std::ranges::any_of(deviation, [](float value) { return value <= 0; })) {
    return Wrong(step, "std of NormalizeImage", "positive");
  }
  bool scaled = true;
  if (const YamlTree* scale = step.Find("is_scale"); scale != nullptr) {
    const auto value = SwitchOf(*scale);
    if (!value) return Wrong(*scale, "is_scale of NormalizeImage", "true or false");
    scaled = *value;
  }
  if (!scaled) {
    // Pixels of 0 to 255 as the card counts them, from 0 to 1.
    for (float& value : mean) value /= 255;
    for (float& value : deviation) value /= 255;
  }
  yml.normalisation = {.mean = mean, .deviation = deviation};
  return {};
}

Result<void> ReadPreprocess(const YamlTree& root, InferenceYml& yml) {
  const YamlTree* steps = root.Find("Preprocess");
  if (steps == nullptr) return {};
  if (steps->kind != Kind::kSequence) return Wrong(*steps, "Preprocess", "a list of steps");
  std::set<std::string_view> seen;
  for (const YamlTree& step : steps->items) {
    const YamlTree* type = step.Find("type");
    if (type == nullptr || type->kind != Kind::kScalar) return Wrong(step, "a step of Preprocess", "a map with a type");
    if (!seen.insert(type->text).second) {
      return Fail(ErrorCode::kBadModel, fmt::format("line {}: Preprocess has {} twice", step.line, type->text));
    }
    Result<void> good;
    if (type->text == "Resize") {
      good = ReadResize(step, yml);
    } else if (type->text == "NormalizeImage") {
      good = ReadNormalisation(step, yml);
    } else if (type->text != "Permute") {
      return Wrong(*type, fmt::format("the step '{}' of Preprocess", type->text), "Resize, NormalizeImage or Permute");
    }
    if (!good) return good;
  }
  return {};
}

Result<void> ReadParameters(const YamlTree& root, InferenceYml& yml) {
  // 0.5 is what paddlex takes for classes that a map of thresholds leaves out.
  if (auto good = ReadPerClass(root, "draw_threshold", "a number from 0 to 1", 0.5F, ThresholdOf, yml.threshold,
                               yml.class_threshold);
      !good) {
    return good;
  }
  if (const YamlTree* nms = root.Find("layout_nms"); nms != nullptr) {
    yml.nms = SwitchOf(*nms);
    if (!yml.nms) return Wrong(*nms, "layout_nms", "true or false");
  }
  if (auto good = ReadPerClass(root, "layout_unclip_ratio", fmt::format("a number up to {} or two of them", kMaxUnclip),
                               UnclipRatio{}, UnclipOf, yml.unclip, yml.class_unclip);
      !good) {
    return good;
  }
  return ReadPerClass(root, "layout_merge_bboxes_mode", "union, large or small", MergeMode::kUnion, MergeOf, yml.merge,
                      yml.class_merge);
}

template <typename T>
Result<void> Override(std::string_view key, const std::optional<T>& all, const ClassMap<T>& classes,
                      const ModelCard& card, std::optional<T>& default_all, ClassMap<T>& default_classes) {
  if (!all) return {};
  std::set<std::size_t> named;
  for (const auto& [name, value] : classes) {
    const std::optional<std::size_t> number = FindClass(card.labels, name);
    if (number && !named.insert(*number).second) {
      return Fail(ErrorCode::kBadModel,
                  fmt::format("{} names the class '{}' twice, by its name and its number", key, card.labels[*number]));
    }
    if (number) continue;
    return Fail(ErrorCode::kBadModel,
                fmt::format("{} names the class '{}', which is no label of the model and no number "
                            "from 0 to {}",
                            key, name, card.labels.size() - 1));
  }
  default_all = all;
  default_classes = classes;
  return {};
}

}  // namespace

Result<InferenceYml> ParseInferenceYml(std::string_view text) {
  const Result<YamlTree> root = ReadYaml(text);
  if (!root) return Fail(root.error());
  if (root->kind != Kind::kMap) return Fail(ErrorCode::kBadModel, "it is not a map of settings");
  InferenceYml yml;
  yml.sha256 = Sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  for (const auto read : {ReadModelName, ReadLabels, ReadPreprocess, ReadParameters}) {
    if (auto good = read(*root, yml); !good) return Fail(good.error());
  }
  return yml;
}

Result<InferenceYml> ReadInferenceYml(const std::filesystem::path& path) {
  const Result<MappedFile> file = MappedFile::Open(path, "settings file");
  if (!file) return Fail(file.error());
  const auto bytes = file->bytes();
  auto yml = ParseInferenceYml({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!yml) {
    return Fail(ErrorCode::kBadModel, fmt::format("settings file '{}': {}", path.string(), yml.error().message));
  }
  return yml;
}

Result<Clues> CluesOf(const InferenceYml& yml, std::optional<Family> said) {
  if (said && yml.family && *said != *yml.family) {
    return Fail(ErrorCode::kBadModel, fmt::format("--family says {}, but inference.yml is of {}, which is of {}",
                                                  FamilyName(*said), yml.model_name, FamilyName(*yml.family)));
  }
  Clues clues{.family = said, .width = yml.width, .height = yml.height, .labels = yml.labels};
  if (!said && yml.family) {
    clues.family = yml.family;
    clues.family_source = "inference.yml";
  }
  return clues;
}

Result<void> Apply(const InferenceYml& yml, ModelCard& card) {
  if (yml.interpolation) card.input.interpolation = *yml.interpolation;
  if (yml.normalisation) {
    card.input.mean = yml.normalisation->mean;
    card.input.deviation = yml.normalisation->deviation;
  }
  AnalyzeParameters& defaults = card.defaults;
  if (yml.nms) defaults.nms = yml.nms;
  if (auto good = Override("draw_threshold", yml.threshold, yml.class_threshold, card, defaults.threshold,
                           defaults.class_threshold);
      !good) {
    return good;
  }
  if (card.family == Family::kPicoDet) return {};  // neither grows boxes nor merges them
  if (auto good =
          Override("layout_unclip_ratio", yml.unclip, yml.class_unclip, card, defaults.unclip, defaults.class_unclip);
      !good) {
    return good;
  }
  return Override("layout_merge_bboxes_mode", yml.merge, yml.class_merge, card, defaults.merge, defaults.class_merge);
}

}  // namespace doclayout::model
