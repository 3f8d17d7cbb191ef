#include "model/recognise_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace doclayout::model {
namespace {

/// Larger inputs than any model of the families has: a bound for what is allocated.
constexpr std::int64_t kMaxInputSide = 4096;

bool IsOpen(std::int64_t size) {
  return size < 0;
}

/// How much of the role's look the output declares; nullopt: it cannot be that.
std::optional<int> Score(const GraphPort& port, const Role& role) {
  if (!role.may_be(port)) return std::nullopt;
  const bool named = !role.name.empty() && role.name == port.name;
  return (named ? 2 : 0) + (role.is(port) ? 1 : 0);
}

/// Tries every output for every role, the graph's own order first.
class Assignment {
 public:
  Assignment(std::span<const GraphPort> outputs, std::span<const Role> roles)
      : outputs_(outputs), roles_(roles), taken_(outputs.size(), false), current_(roles.size()) {}

  std::optional<std::vector<std::size_t>> Best() {
    Try(0, 0);
    if (best_score_ < 0) return std::nullopt;
    return best_;
  }

 private:
  void Try(std::size_t role, int score) {
    if (role == roles_.size()) {
      if (score > best_score_) {
        best_score_ = score;
        best_ = current_;
      }
      return;
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (taken_[i]) continue;
      const auto more = Score(outputs_[i], roles_[role]);
      if (!more) continue;
      taken_[i] = true;
      current_[role] = i;
      Try(role + 1, score + *more);
      taken_[i] = false;
    }
  }

  std::span<const GraphPort> outputs_;
  std::span<const Role> roles_;
  std::vector<bool> taken_;
  std::vector<std::size_t> current_;
  std::vector<std::size_t> best_;
  int best_score_ = -1;
};

}  // namespace

bool IsFloat(const GraphPort& port) {
  return port.element_type == element_type::kFloat32 || port.element_type == element_type::kFloat16;
}

bool MayBe(const GraphPort& port, std::span<const std::int64_t> shape) {
  if (!port.has_shape) return true;
  return std::equal(
      port.shape.begin(), port.shape.end(), shape.begin(), shape.end(),
      [](std::int64_t size, std::int64_t expected) { return IsOpen(size) || IsOpen(expected) || size == expected; });
}

bool Declares(const GraphPort& port, std::span<const std::int64_t> shape) {
  return port.has_shape &&
         std::equal(port.shape.begin(), port.shape.end(), shape.begin(), shape.end(),
                    [](std::int64_t size, std::int64_t expected) { return IsOpen(expected) || size == expected; });
}

const GraphPort* FindPixels(const OnnxHeader& header) {
  constexpr std::array<std::int64_t, 4> kPixels{kAnySize, 3, kAnySize, kAnySize};
  const GraphPort* found = nullptr;
  for (const GraphPort& port : header.inputs) {
    if (!IsFloat(port) || !Declares(port, kPixels)) continue;
    if (found != nullptr) return nullptr;
    found = &port;
  }
  return found;
}

Result<InputContract> ReadPixels(const GraphPort& port, const Clues& clues, int usual) {
  if (port.shape[0] > 1) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model takes batches of exactly {} pages; export it with a batch of 1 or an open one",
                            port.shape[0]));
  }
  const auto side = [&](std::int64_t declared, int clue) -> std::int64_t {
    if (!IsOpen(declared)) return declared;
    return clue > 0 ? clue : usual;
  };
  const std::int64_t height = side(port.shape[2], clues.height);
  const std::int64_t width = side(port.shape[3], clues.width);
  if (height < 1 || width < 1) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model's input '{}' leaves the size of a page open; the official inference.yml, in one "
                            "folder with the model, would say it (Preprocess, Resize, target_size)",
                            Describe(port)));
  }
  if (height > kMaxInputSide || width > kMaxInputSide) {
    return Fail(ErrorCode::kBadModel, fmt::format("the model's input '{}' is larger than {}x{} pixels", Describe(port),
                                                  kMaxInputSide, kMaxInputSide));
  }
  if (clues.width > 0 && (height != clues.height || width != clues.width)) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("inference.yml says that pages are resized to a height of {} and a width of {}, but the "
                            "model's input is '{}'",
                            clues.height, clues.width, Describe(port)));
  }
  InputContract input;
  input.name = port.name;
  input.width = static_cast<int>(width);
  input.height = static_cast<int>(height);
  input.deviation = {1.0F, 1.0F, 1.0F};
  input.any_batch = IsOpen(port.shape[0]);
  return input;
}

std::vector<std::string> ReadLabels(const OnnxHeader& header, const Clues& clues) {
  if (!clues.labels.empty()) return clues.labels;
  std::vector<std::string> labels;
  const auto found = header.metadata.find("character");
  if (found == header.metadata.end()) return labels;
  std::istringstream lines(found->second);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) labels.push_back(line);
  }
  return labels;
}

std::string_view LabelsSource(const Clues& clues) {
  return clues.labels.empty() ? "its metadata key 'character' lists" : "inference.yml lists";
}

std::optional<std::vector<std::size_t>> AssignRoles(std::span<const GraphPort> outputs, std::span<const Role> roles,
                                                    bool extra) {
  constexpr std::size_t kMostRoles = 4;
  constexpr std::size_t kMostOutputs = 8;
  if (roles.size() > kMostRoles || outputs.size() > kMostOutputs) return std::nullopt;
  if (!extra && outputs.size() != roles.size()) return std::nullopt;
  return Assignment(outputs, roles).Best();
}

Result<void> CheckFamily(Family found, const Clues& clues, std::string_view why) {
  if (!clues.family || *clues.family == found) return {};
  return Fail(ErrorCode::kBadModel,
              fmt::format("{} says that the model's family is {}, but {}, as of {}", clues.family_source,
                          FamilyName(*clues.family), why, FamilyName(found)));
}

}  // namespace doclayout::model
