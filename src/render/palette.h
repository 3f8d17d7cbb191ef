#pragma once

#include <cstdint>
#include <string_view>

namespace doclayout::render {

/// A colour, 8 bits a channel.
struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

/// The colour that a label is drawn in: the same in every picture of every release. Labels of the known models have
/// fixed ones, others one that is picked by the name's hash.
///
/// The hues are those of Okabe & Ito and of Tol's "muted" scheme, which people with colour blindness can tell apart.
/// Thread-safe, never fails.
Colour LabelColour(std::string_view label);

/// Black or white, whichever is easier to read on `background` (by the contrast ratio of WCAG 2). Thread-safe, never
/// fails.
Colour TextColour(Colour background);

}  // namespace doclayout::render
