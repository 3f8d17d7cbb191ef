#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::model {

/// A value in a YAML file and all that is in it. A plain value.
struct YamlTree {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  int line = 0;                   ///< where it begins, from 1
  std::string text;               ///< of a scalar
  std::vector<YamlTree> items;    ///< of a sequence; of a map the values
  std::vector<std::string> keys;  ///< of a map: of each of `items`, in the file's order; each key once

  /// The map's value under that key; null for another kind, for a key that it lacks and for a value that is empty.
  const YamlTree* Find(std::string_view key) const;
};

/// Reads the first document of a YAML file.
///
/// Aliases become copies of what they stand for.
///
/// Thread-safe. `kBadModel` with the line for what is no YAML, and for what files of settings do without: more than
/// 1 MiB, more than 5,000 values with those of aliases (of which a few lines could make gigabytes), keys that are no
/// scalars or occur twice, and more than 32 levels.
Result<YamlTree> ReadYaml(std::string_view text);

}  // namespace doclayout::model
