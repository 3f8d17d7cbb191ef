#pragma once

#include <opencv2/core.hpp>
#include <string_view>

#include "render/palette.h"

namespace doclayout::render {

/// Small shapes of one colour with smooth edges: drawn several times too large and shrunk, since OpenCV's own
/// antialiasing is coarse at the size of a page's text. A mask has one 8-bit channel: 255 is all of the colour.
///
/// All are thread-safe and may throw `cv::Exception` (out of memory): the module's entry catches it.

/// How wide `text` is, written with capitals `cap_height` pixels high. ASCII only.
int TextWidth(std::string_view text, int cap_height);

/// `text` in a mask of `size`, its left end at `left` and its base line at `baseline`.
cv::Mat TextMask(std::string_view text, cv::Size size, int cap_height, int left, int baseline);

/// A disc that fills a square of `diameter`, less `inset` pixels all around.
cv::Mat DiscMask(int diameter, double inset);

/// A rectangle of `size` with rounded corners.
cv::Mat RoundedMask(cv::Size size, int radius);

/// Blends `colour` into `canvas` (BGR) where `mask` says, its left top corner at `origin`; what lies outside is cut
/// off.
void Stamp(cv::Mat& canvas, cv::Point origin, const cv::Mat& mask, Colour colour);

}  // namespace doclayout::render
