#include "v3/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace doclayout::v3 {
namespace {

static_assert(std::endian::native == std::endian::little, "the weights file is written as the tensors lie in memory");

/// More than the network has: a wrong rule shall not ask for all memory.
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

/// A line of the rule file, taken apart.
struct Rule {
  std::size_t offset = 0;  ///< bytes
  std::size_t count = 0;   ///< elements
  bool fill = false;       ///< else constant
  double scale = 0;        ///< of what is drawn, or the constant
  std::uint64_t seed = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool transpose = false;
  std::vector<std::string> overrides;
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::size_t ParseCount(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

double ParseNumber(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

Result<Rule> ParseRule(std::string_view line) {
  const auto bad = [&] { return Fail(ErrorCode::kBadModel, fmt::format("not a rule for weights: '{}'", line)); };
  const std::vector<std::string> fields = Split(line, ',');
  if (fields.size() != 8 || (fields[2] != "fill" && fields[2] != "const")) return bad();
  Rule rule{.offset = ParseCount(fields[0]),
            .count = ParseCount(fields[1]),
            .fill = fields[2] == "fill",
            .scale = ParseNumber(fields[3]),
            .seed = std::strtoull(fields[4].c_str(), nullptr, 16),
            .rows = ParseCount(fields[5]),
            .columns = ParseCount(fields[6])};
  for (std::string& word : Split(fields[7], ' ')) {
    if (word == "t") {
      rule.transpose = true;
    } else if (!word.empty()) {
      rule.overrides.push_back(std::move(word));
    }
  }
  if (rule.offset > kMaxBytes || rule.count > kMaxBytes / sizeof(float)) return bad();
  if (rule.fill && (rule.rows == 0 || rule.count % rule.rows != 0 || rule.count / rule.rows != rule.columns)) {
    return bad();
  }
  return rule;
}

/// The `index`th number of splitmix64 as an odd integer in (-2^24, 2^24).
std::int64_t Draw(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return static_cast<std::int64_t>(z >> 40U) * 2 - ((1 << 24) - 1);
}

void FillRows(const Rule& rule, std::span<float> tensor) {
  std::vector<std::int64_t> drawn(rule.columns);
  for (std::size_t row = 0; row < rule.rows; ++row) {
    std::int64_t sum = 0;
    for (std::size_t column = 0; column < rule.columns; ++column) {
      drawn[column] = Draw(rule.seed, row * rule.columns + column);
      sum += drawn[column];
    }
    for (std::size_t column = 0; column < rule.columns; ++column) {
      // A single column would be all zero.
      const std::int64_t centred =
          rule.columns > 1 ? drawn[column] * static_cast<std::int64_t>(rule.columns) - sum : drawn[column];
      tensor[row * rule.columns + column] = static_cast<float>(static_cast<double>(centred) * rule.scale);
    }
  }
}

Result<void> Override(const Rule& rule, const std::string& text, std::span<float> tensor) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.find('.');
  const auto bad = [&] { return Fail(ErrorCode::kBadModel, fmt::format("not an override of weights: '{}'", text)); };
  if (equals == std::string::npos) return bad();
  const auto value = static_cast<float>(ParseNumber(text.substr(equals + 1)));
  const std::size_t first = ParseCount(text.substr(1));
  const std::size_t second = dot < equals ? ParseCount(text.substr(dot + 1)) : 0;
  if (text[0] == 'r' && first < rule.rows) {
    std::ranges::fill(tensor.subspan(first * rule.columns, rule.columns), value);
  } else if (text[0] == 'c' && first < rule.columns) {
    for (std::size_t row = 0; row < rule.rows; ++row) tensor[row * rule.columns + first] = value;
  } else if (text[0] == 'e' && first < rule.rows && second < rule.columns) {
    tensor[first * rule.columns + second] = value;
  } else {
    return bad();
  }
  return {};
}

std::vector<float> Transposed(const Rule& rule, std::span<const float> tensor) {
  std::vector<float> turned(tensor.size());
  for (std::size_t row = 0; row < rule.rows; ++row) {
    for (std::size_t column = 0; column < rule.columns; ++column) {
      turned[column * rule.rows + row] = tensor[row * rule.columns + column];
    }
  }
  return turned;
}

Result<std::vector<float>> MakeTensor(const Rule& rule) {
  std::vector<float> tensor(rule.count, static_cast<float>(rule.scale));
  if (!rule.fill) return tensor;
  FillRows(rule, tensor);
  for (const std::string& text : rule.overrides) {
    if (auto done = Override(rule, text, tensor); !done) return Fail(std::move(done.error()));
  }
  return rule.transpose ? Transposed(rule, tensor) : tensor;
}

}  // namespace

Result<std::vector<std::uint8_t>> MakeWeights(std::string_view rules) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& line : Split(rules, '\n')) {
    if (line.empty()) continue;
    const Result<Rule> rule = ParseRule(line);
    if (!rule) return Fail(rule.error());
    const Result<std::vector<float>> tensor = MakeTensor(*rule);
    if (!tensor) return Fail(tensor.error());
    bytes.resize(std::max(bytes.size(), rule->offset + tensor->size() * sizeof(float)));
    std::memcpy(bytes.data() + rule->offset, tensor->data(), tensor->size() * sizeof(float));
  }
  return bytes;
}

}  // namespace doclayout::v3
