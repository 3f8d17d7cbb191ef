#pragma once

#include <span>
#include <string_view>

#include "types/analyze_parameters.h"

namespace doclayout {

/// How one of `AnalyzeParameters` is written, in a query (`class_threshold`) as on the command line
/// (`--class-threshold`): one table, so that both take the same and say the same of what they do not take.
struct ParameterText {
  std::string_view name;     ///< with '_' between words
  std::string_view help;     ///< what it chooses
  std::string_view allowed;  ///< what `read` takes: "a number from 0 to 1"
  std::string_view example;  ///< for help texts: "0.4"; "true" for one that is on or off

  /// Sets the parameter and returns true, or returns false and leaves it in an unspecified state. Takes linear time.
  bool (*read)(std::string_view text, AnalyzeParameters& parameters);

  bool is_switch() const { return example == "true"; }
};

/// All of them. Thread-safe; the table lives as long as the program.
std::span<const ParameterText> ParameterTexts();

}  // namespace doclayout
