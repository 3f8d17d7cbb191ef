#include "model/family_defaults.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace doclayout::model {
namespace {

using Labels = std::vector<std::string>;

/// PP-PicoDet trained on CDLA: the embedded model.
const Labels& CdlaLabels() {
  static const Labels kLabels{"text",          "title",  "figure", "figure_caption", "table",
                              "table_caption", "header", "footer", "reference",      "equation"};
  return kLabels;
}

const Labels& PlusLLabels() {
  static const Labels kLabels{
      "paragraph_title", "image", "text",      "number",         "abstract",   "content",          "figure_title",
      "formula",         "table", "reference", "doc_title",      "footnote",   "header",           "algorithm",
      "footer",          "seal",  "chart",     "formula_number", "aside_text", "reference_content"};
  return kLabels;
}

const Labels& LmsLabels() {
  static const Labels kLabels{"paragraph_title", "image",        "text",        "number", "abstract",
                              "content",         "figure_title", "formula",     "table",  "table_title",
                              "reference",       "doc_title",    "footnote",    "header", "algorithm",
                              "footer",          "seal",         "chart_title", "chart",  "formula_number",
                              "header_image",    "footer_image", "aside_text"};
  return kLabels;
}

/// V2 and V3 have the same.
const Labels& OrderedLabels() {
  static const Labels kLabels{
      "abstract",       "algorithm",         "aside_text", "chart",          "content",  "display_formula",
      "doc_title",      "figure_title",      "footer",     "footer_image",   "footnote", "formula_number",
      "header",         "header_image",      "image",      "inline_formula", "number",   "paragraph_title",
      "reference",      "reference_content", "seal",       "table",          "text",     "vertical_text",
      "vision_footnote"};
  return kLabels;
}

bool Has(const Labels& labels, std::string_view label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

template <typename T>
void SetClasses(ClassMap<T>& classes, const Labels& labels, std::initializer_list<std::string_view> names, T value) {
  for (std::string_view name : names) {
    if (Has(labels, name)) classes.emplace(name, value);
  }
}

/// What all families with rows of detections have in common.
AnalyzeParameters DetectionParameters(float threshold) {
  return {.threshold = threshold,
          .nms = true,
          .merge = MergeMode::kUnion,
          .unclip = UnclipRatio{1, 1},
          .shape = RegionShape::kAuto,
          .overlap_filter = false,
          .polygon_width = PolygonWidth::kReference,
          .unordered_labels = Labels{}};
}

AnalyzeParameters DocLayoutParameters(const Labels& labels) {
  AnalyzeParameters parameters = DetectionParameters(0.5F);
  if (labels != PlusLLabels()) {
    parameters.merge = MergeMode::kLarge;
    return parameters;
  }
  SetClasses(parameters.class_threshold, labels, {"paragraph_title", "formula"}, 0.3F);
  SetClasses(parameters.class_threshold, labels, {"text"}, 0.4F);
  SetClasses(parameters.class_threshold, labels, {"seal"}, 0.45F);
  SetClasses(parameters.class_merge, labels, {"paragraph_title", "image", "formula", "chart"}, MergeMode::kLarge);
  return parameters;
}

/// V2 and V3 but for the thresholds.
AnalyzeParameters OrderedParameters(const Labels& labels, float threshold) {
  AnalyzeParameters parameters = DetectionParameters(threshold);
  SetClasses(parameters.class_merge, labels,
             {"chart", "display_formula", "doc_title", "inline_formula", "paragraph_title"}, MergeMode::kLarge);
  parameters.overlap_filter = true;
  // SKIP_ORDER_LABELS of paddlex, inference/models/layout_analysis/processors.py.
  for (std::string_view label : {"figure_title", "vision_footnote", "image", "chart", "table", "header", "header_image",
                                 "footer", "footer_image", "footnote", "aside_text"}) {
    if (Has(labels, label)) parameters.unordered_labels->emplace_back(label);
  }
  return parameters;
}

}  // namespace

std::vector<std::string> KnownLabels(Family family, std::size_t classes) {
  const auto of_size = [classes](std::initializer_list<const Labels*> lists) {
    for (const Labels* labels : lists) {
      if (labels->size() == classes) return *labels;
    }
    return Labels{};
  };
  switch (family) {
    case Family::kPicoDet:
      return of_size({&CdlaLabels()});
    case Family::kPpDocLayout:
      return of_size({&PlusLLabels(), &LmsLabels()});
    case Family::kPpDocLayoutV2:
    case Family::kPpDocLayoutV3:
      return of_size({&OrderedLabels()});
  }
  return {};
}

AnalyzeParameters FamilyParameters(Family family, const std::vector<std::string>& labels) {
  switch (family) {
    case Family::kPicoDet:
      break;
    case Family::kPpDocLayout:
      return DocLayoutParameters(labels);
    case Family::kPpDocLayoutV2: {
      AnalyzeParameters parameters = OrderedParameters(labels, 0.5F);
      SetClasses(parameters.class_threshold, labels,
                 {"display_formula", "doc_title", "inline_formula", "paragraph_title", "text", "vertical_text"}, 0.4F);
      SetClasses(parameters.class_threshold, labels, {"seal"}, 0.45F);
      return parameters;
    }
    case Family::kPpDocLayoutV3:
      return OrderedParameters(labels, 0.3F);
  }
  return {.threshold = 0.5F, .nms = true};
}

}  // namespace doclayout::model
