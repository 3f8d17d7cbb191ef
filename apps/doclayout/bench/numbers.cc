#include "bench/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace doclayout::bench {

std::string Rounded(double number) {
  if (!std::isfinite(number)) return "?";
  if (number == 0) return "0";
  constexpr int kDigits = 3;
  constexpr int kMostDecimals = 9;
  const int before = static_cast<int>(std::floor(std::log10(std::abs(number)))) + 1;
  std::string text = fmt::format("{:.{}f}", number, std::clamp(kDigits - before, 0, kMostDecimals));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string SecondsText(double seconds) {
  if (seconds != 0 && std::abs(seconds) < 1e-3) return Rounded(seconds * 1e6) + " µs";
  if (seconds != 0 && std::abs(seconds) < 1) return Rounded(seconds * 1e3) + " ms";
  return Rounded(seconds) + " s";
}

}  // namespace doclayout::bench
