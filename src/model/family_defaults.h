#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/model_card.h"
#include "types/analyze_parameters.h"

namespace doclayout::model {

/// The labels of the published model of a family that has so many classes: of `pp-doclayout` plus-L has 20, and L, M
/// and S have the same 23. Empty when none has.
///
/// For models whose file says nothing of labels. Source: paddlex 3.7.2 (official_categories.py) and the models'
/// `inference.yml`. Thread-safe, as the one below.
std::vector<std::string> KnownLabels(Family family, std::size_t classes);

/// What a model of the family does with its outputs unless somebody says otherwise: what the reference's pipelines set
/// (paddlex 3.7.2, configs/pipelines: PaddleOCR-VL-1.5 for V3, PaddleOCR-VL for V2, PP-StructureV3 for plus-L,
/// seal_recognition for the others of `pp-doclayout`).
///
/// Values for single classes are given by the label's name and only for labels that are in `labels`, so that a model
/// that was trained on other labels gets none of them by accident.
AnalyzeParameters FamilyParameters(Family family, const std::vector<std::string>& labels);

}  // namespace doclayout::model
