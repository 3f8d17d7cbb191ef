#include "render/palette.h"

#include <array>
#include <cmath>
#include <utility>

namespace doclayout::render {
namespace {

constexpr Colour kBlue{0x00, 0x72, 0xB2};
constexpr Colour kVermilion{0xD5, 0x5E, 0x00};
constexpr Colour kGreen{0x00, 0x9E, 0x73};
constexpr Colour kPurple{0xAA, 0x44, 0x99};
constexpr Colour kOrange{0xE6, 0x9F, 0x00};
constexpr Colour kIndigo{0x33, 0x22, 0x88};
constexpr Colour kTeal{0x44, 0xAA, 0x99};
constexpr Colour kWine{0x88, 0x22, 0x55};
constexpr Colour kOlive{0x99, 0x99, 0x33};
constexpr Colour kSky{0x56, 0xB4, 0xE9};
constexpr Colour kRose{0xCC, 0x66, 0x77};
constexpr Colour kGrey{0x6B, 0x72, 0x80};

constexpr std::array kPalette = {kBlue, kVermilion, kGreen, kPurple, kOrange, kIndigo,
                                 kTeal, kWine,      kOlive, kSky,    kRose,   kGrey};

// Labels that stand side by side on a page get hues far apart; what means the same in two models has one colour.
constexpr auto kLabels = std::to_array<std::pair<std::string_view, Colour>>({
    {"abstract", kTeal},
    {"algorithm", kOlive},
    {"aside_text", kSky},
    {"chart", kGreen},
    {"content", kIndigo},
    {"display_formula", kOrange},
    {"doc_title", kWine},
    {"equation", kOrange},
    {"figure", kGreen},
    {"figure_caption", kTeal},
    {"figure_title", kTeal},
    {"footer", kGrey},
    {"footer_image", kGrey},
    {"footnote", kOlive},
    {"formula_number", kRose},
    {"header", kOlive},
    {"header_image", kOlive},
    {"image", kGreen},
    {"inline_formula", kOrange},
    {"list", kSky},
    {"number", kGrey},
    {"paragraph_title", kVermilion},
    {"reference", kIndigo},
    {"reference_content", kIndigo},
    {"seal", kRose},
    {"table", kPurple},
    {"table_caption", kRose},
    {"text", kBlue},
    {"title", kVermilion},
    {"vertical_text", kSky},
    {"vision_footnote", kOlive},
});

// FNV-1a: std::hash may differ between two builds.
std::uint32_t Hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return hash;
}

// Relative luminance as WCAG 2 defines it, 0..1.
double Luminance(Colour colour) {
  const auto linear = [](std::uint8_t channel) {
    const double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

Colour LabelColour(std::string_view label) {
  for (const auto& [name, colour] : kLabels) {
    if (name == label) return colour;
  }
  return kPalette[Hash(label) % kPalette.size()];
}

Colour TextColour(Colour background) {
  const double luminance = Luminance(background);
  const double contrast_with_white = 1.05 / (luminance + 0.05);
  const double contrast_with_black = (luminance + 0.05) / 0.05;
  return contrast_with_white >= contrast_with_black ? Colour{255, 255, 255} : Colour{0, 0, 0};
}

}  // namespace doclayout::render
