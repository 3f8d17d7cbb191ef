#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace doclayout::scheduler {

/// Somebody waits for the answer, or nobody does.
enum class Priority { kInteractive, kBulk };

inline constexpr std::size_t kPriorities = 2;

/// "interactive" or "bulk".
constexpr std::string_view PriorityName(Priority priority) {
  return priority == Priority::kInteractive ? "interactive" : "bulk";
}

/// Nullopt for any other text.
constexpr std::optional<Priority> ParsePriority(std::string_view text) {
  if (text == PriorityName(Priority::kInteractive)) return Priority::kInteractive;
  if (text == PriorityName(Priority::kBulk)) return Priority::kBulk;
  return std::nullopt;
}

}  // namespace doclayout::scheduler
