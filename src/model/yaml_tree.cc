#include "model/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace doclayout::model {
namespace {

constexpr std::size_t kMostBytes = 1UL << 20;
constexpr std::size_t kMostLevels = 32;
/// Of the whole tree, with what aliases stand for: a few lines of them could make gigabytes.
constexpr std::size_t kMostValues = 5'000;

/// Ends the parser's work from within; caught below.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int LineOf(const YAML::Mark& mark) {
  return mark.line + 1;
}

[[noreturn]] void Refuse(const YAML::Mark& mark, std::string_view what) {
  throw Refusal(fmt::format("line {}: {}", LineOf(mark), what));
}

/// Builds the tree from the parser's events, which come in the file's order: the library's own tree would resolve
/// aliases and keep cycles of them alive for ever.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlTree Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (AwaitsKey()) Refuse(mark, "a key is an alias");
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) Refuse(mark, "an alias stands for what it is itself a part of");
    const Anchored& meant = found->second;
    if (levels_.size() + meant.levels > kMostLevels) RefuseLevels(mark);
    Count(mark, meant.values);
    NoteLevels(meant.levels);
    Put(meant.tree);
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Add(mark, anchor, YamlTree::Kind::kNull, ""); }

  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    Add(mark, anchor, YamlTree::Kind::kScalar, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, anchor, YamlTree::Kind::kSequence);
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, anchor, YamlTree::Kind::kMap);
  }

  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  /// A container that is not closed yet.
  struct Level {
    YamlTree tree;
    std::string key;  ///< of a map: of the value that comes next
    bool has_key = false;
    YAML::anchor_t anchor = 0;
    std::size_t first_value = 0;
    std::size_t levels_within = 0;
  };
  /// What an alias stands for.
  struct Anchored {
    YamlTree tree;
    std::size_t values = 0;
    std::size_t levels = 0;
  };

  void Add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlTree::Kind kind, const std::string& value) {
    Level* level = levels_.empty() ? nullptr : &levels_.back();
    if (AwaitsKey()) {
      if (kind != YamlTree::Kind::kScalar) Refuse(mark, "a key is empty");
      if (!keys_.back().insert(value).second) {
        Refuse(mark, fmt::format("the key '{}' occurs twice", value));
      }
      level->key = value;
      level->has_key = true;
      return;
    }
    YamlTree tree;
    tree.kind = kind;
    tree.line = LineOf(mark);
    tree.text = value;
    Count(mark, 1);
    if (anchor != 0) anchored_[anchor] = {.tree = tree, .values = 1, .levels = 0};
    Put(std::move(tree));
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlTree::Kind kind) {
    if (levels_.size() >= kMostLevels) RefuseLevels(mark);
    if (AwaitsKey()) Refuse(mark, "a key is not a word or a number");
    Count(mark, 1);
    Level level;
    level.anchor = anchor;
    level.first_value = values_ - 1;
    level.tree.kind = kind;
    level.tree.line = LineOf(mark);
    levels_.push_back(std::move(level));
    keys_.emplace_back();
  }

  void Close() {
    Level closed = std::move(levels_.back());
    levels_.pop_back();
    keys_.pop_back();
    if (closed.anchor != 0) {
      const std::size_t values = values_ - closed.first_value;
      anchored_[closed.anchor] = {.tree = closed.tree, .values = values, .levels = closed.levels_within + 1};
    }
    NoteLevels(closed.levels_within + 1);
    Put(std::move(closed.tree));
  }

  /// The container that is open now holds one of so many levels.
  void NoteLevels(std::size_t levels) {
    if (!levels_.empty()) levels_.back().levels_within = std::max(levels_.back().levels_within, levels);
  }

  bool AwaitsKey() const {
    return !levels_.empty() && levels_.back().tree.kind == YamlTree::Kind::kMap && !levels_.back().has_key;
  }

  [[noreturn]] static void RefuseLevels(const YAML::Mark& mark) {
    Refuse(mark, fmt::format("more than {} levels", kMostLevels));
  }

  void Count(const YAML::Mark& mark, std::size_t values) {
    values_ += values;
    if (values_ > kMostValues) Refuse(mark, fmt::format("more than {} values", kMostValues));
  }

  void Put(YamlTree tree) {
    if (levels_.empty()) {
      root_ = std::move(tree);
      return;
    }
    Level& level = levels_.back();
    if (level.tree.kind == YamlTree::Kind::kMap) {
      level.tree.keys.push_back(std::move(level.key));
      level.has_key = false;
    }
    level.tree.items.push_back(std::move(tree));
  }

  YamlTree root_;
  std::vector<Level> levels_;
  std::vector<std::set<std::string>> keys_;  ///< seen so far, of each level
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t values_ = 0;
};

}  // namespace

const YamlTree* YamlTree::Find(std::string_view key) const {
  const auto found = std::ranges::find(keys, key);
  if (found == keys.end()) return nullptr;
  const YamlTree& value = items[static_cast<std::size_t>(found - keys.begin())];
  return value.kind == Kind::kNull ? nullptr : &value;
}

Result<YamlTree> ReadYaml(std::string_view text) {
  if (text.size() > kMostBytes) {
    return Fail(ErrorCode::kBadModel, fmt::format("it has {} bytes; at most {} are read", text.size(), kMostBytes));
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    parser.HandleNextDocument(builder);
    return builder.Take();
  } catch (const YAML::Exception& error) {
    return Fail(ErrorCode::kBadModel, fmt::format("line {}: {}", LineOf(error.mark), error.msg));
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kBadModel, error.what());
  }
}

}  // namespace doclayout::model
