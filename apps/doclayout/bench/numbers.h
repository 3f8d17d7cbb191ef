#pragma once

#include <string>

namespace doclayout::bench {

/// Three digits that count, without an exponent: "0.00123", "12.3", "1230".
std::string Rounded(double number);

/// A time for people: "870 µs", "12.3 ms", "1.23 s".
std::string SecondsText(double seconds);

}  // namespace doclayout::bench
