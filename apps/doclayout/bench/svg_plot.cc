#include "bench/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "bench/numbers.h"
#include "terminal_text.h"

namespace doclayout::bench {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 300;
constexpr double kLeft = 76;
constexpr double kRight = 16;
constexpr double kTop = 26;
constexpr double kBottom = 46;

/// Of an axis: from where to where, and the marks.
struct Axis {
  double from = 0;
  double to = 1;
  bool logarithmic = false;
  std::vector<double> marks;

  /// 0 at its start, 1 at its end.
  double Place(double value) const {
    if (!logarithmic) return (value - from) / (to - from);
    return std::log(std::max(value, from) / from) / std::log(to / from);
  }
};

/// 1, 2 or 5 times a power of ten.
double NiceDistance(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * 1.0001) return factor * power;
  }
  return 10 * power;
}

Axis LinearAxis(double from, double to, int about) {
  Axis axis{.from = from, .to = to > from ? to : from + 1};
  const double distance = NiceDistance((axis.to - axis.from) / about);
  const auto first = static_cast<std::int64_t>(std::ceil(axis.from / distance - 1e-9));
  for (std::int64_t mark = first; static_cast<double>(mark) * distance <= axis.to * (1 + 1e-9); ++mark) {
    axis.marks.push_back(static_cast<double>(mark) * distance);
  }
  return axis;
}

Axis LogarithmicAxis(double least, double most) {
  Axis axis{.from = std::pow(10, std::floor(std::log10(least))), .to = most * 1.1, .logarithmic = true};
  const int first = static_cast<int>(std::floor(std::log10(least)));
  const int last = static_cast<int>(std::floor(std::log10(axis.to)));
  for (int power = first; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double mark = factor * std::pow(10, power);
      if (mark <= axis.to) axis.marks.push_back(mark);
    }
  }
  constexpr std::size_t kMost = 12;
  if (axis.marks.size() > kMost) {
    std::erase_if(axis.marks, [](double mark) {
      const double power = std::log10(mark);
      return std::abs(power - std::round(power)) > 1e-6;
    });
  }
  return axis;
}

bool IsFinite(const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second);
}

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

/// Both axes of what is to be seen.
std::pair<Axis, Axis> AxesOf(const Plot& plot) {
  Range x;
  Range y;
  for (const Line& line : plot.lines) {
    for (const auto& point : line.points) {
      if (!IsFinite(point)) continue;
      x.Add(point.first);
      if (!plot.times || point.second > 0) y.Add(point.second);
    }
  }
  for (const Band& band : plot.bands) {
    x.Add(band.from);
    x.Add(band.to);
  }
  if (!std::isfinite(x.least)) x = {0, 1};
  if (!std::isfinite(y.least)) y = {0, 1};
  constexpr double kMuch = 8;
  // A limit that is far from everything would press it together.
  if (plot.limit && *plot.limit <= kMuch * y.most) y.Add(*plot.limit);
  constexpr int kMarks = 6;
  Axis horizontal = LinearAxis(plot.percentiles ? 0 : std::min(0.0, x.least), x.most, 10);
  if (plot.percentiles) horizontal.marks = {0, 1, 2, 3, 4};
  std::erase_if(horizontal.marks, [&](double mark) { return mark > horizontal.to * (1 + 1e-9); });
  if (plot.times && y.least > 0 && y.most > kMuch * y.least) return {horizontal, LogarithmicAxis(y.least, y.most)};
  return {horizontal, LinearAxis(0, y.most > 0 ? y.most * 1.05 : 1, kMarks)};
}

std::string XText(const Plot& plot, double mark) {
  if (!plot.percentiles) return Rounded(mark);
  return Rounded(100 * (1 - std::pow(10, -mark))) + " %";
}

/// Draws into one plot.
class Canvas {
 public:
  explicit Canvas(const Plot& plot) : plot_(plot), axes_(AxesOf(plot)) {}

  std::string Draw() {
    svg_ = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth, kHeight,
                       Escaped(plot_.title));
    DrawBands();
    DrawMarks();
    DrawLimit();
    for (const Line& line : plot_.lines) DrawLine(line);
    return svg_ + "</svg>\n";
  }

 private:
  double X(double value) const { return kLeft + axes_.first.Place(value) * (kWidth - kLeft - kRight); }
  double Y(double value) const { return kHeight - kBottom - axes_.second.Place(value) * (kHeight - kTop - kBottom); }

  void Write(double x, double y, std::string_view anchor, std::string_view text, std::string_view more = "") {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, more,
                        Escaped(text));
  }

  void DrawBands() {
    constexpr double kOfLetter = 6.2;
    bool shaded = false;
    for (const Band& band : plot_.bands) {
      const double width = X(band.to) - X(band.from);
      if (shaded) {
        svg_ += fmt::format("<rect class=\"band\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>\n",
                            X(band.from), kTop, width, kHeight - kTop - kBottom);
      }
      shaded = !shaded;
      if (static_cast<double>(band.name.size()) * kOfLetter < width) {
        Write(X(band.from) + width / 2, kTop - 8, "middle", band.name);
      }
    }
  }

  void DrawMarks() {
    for (const double mark : axes_.second.marks) {
      svg_ += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kLeft,
                          kWidth - kRight, Y(mark), Y(mark));
      Write(kLeft - 8, Y(mark) + 4, "end", plot_.times ? SecondsText(mark) : Rounded(mark));
    }
    for (const double mark : axes_.first.marks) {
      svg_ += fmt::format("<line class=\"axis\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>\n", X(mark), X(mark),
                          kHeight - kBottom, kHeight - kBottom + 4);
      Write(X(mark), kHeight - kBottom + 18, "middle", XText(plot_, mark));
    }
    svg_ += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n", kLeft, kWidth - kRight,
                        kHeight - kBottom, kHeight - kBottom);
    Write((kLeft + kWidth - kRight) / 2, kHeight - 8, "middle", plot_.x_label);
    constexpr double kMiddle = (kTop + kHeight - kBottom) / 2;
    Write(14, kMiddle, "middle", plot_.y_label, fmt::format(" transform=\"rotate(-90 14 {})\"", kMiddle));
  }

  void DrawLimit() {
    if (!plot_.limit || *plot_.limit > axes_.second.to) return;
    svg_ += fmt::format("<line class=\"limit\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kLeft,
                        kWidth - kRight, Y(*plot_.limit), Y(*plot_.limit));
    Write(kLeft + 6, Y(*plot_.limit) - 5, "start", plot_.limit_name);
  }

  void DrawLine(const Line& line) {
    std::string path;
    std::string dots;
    bool pen_down = false;
    for (std::size_t index = 0; index < line.points.size(); ++index) {
      const auto& point = line.points[index];
      if (!IsFinite(point)) {
        pen_down = false;
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", X(point.first), Y(point.second));
      // A point without neighbours would else not be seen.
      const bool alone = !pen_down && (index + 1 == line.points.size() || !IsFinite(line.points[index + 1]));
      if (line.dots || alone) {
        dots += fmt::format("<circle class=\"c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", line.colour,
                            X(point.first), Y(point.second));
      }
      pen_down = true;
    }
    if (path.empty()) return;
    svg_ += fmt::format("<path class=\"c{}{}\" d=\"{}\"><title>{}</title></path>\n{}", line.colour,
                        line.dashed ? " dashed" : "", path, Escaped(line.name), dots);
  }

  const Plot& plot_;
  const std::pair<Axis, Axis> axes_;
  std::string svg_;
};

}  // namespace

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char letter : Printable(text)) {
    switch (letter) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string RenderPlot(const Plot& plot) {
  std::string html = fmt::format("<figure><figcaption>{}</figcaption>\n<p class=\"legend\">", Escaped(plot.title));
  for (const Line& line : plot.lines) {
    html += fmt::format("<span><i class=\"c{}{}\"></i>{}</span> ", line.colour, line.dashed ? " dashed" : "",
                        Escaped(line.name));
  }
  return html + "</p>\n" + Canvas(plot).Draw() + "</figure>\n";
}

}  // namespace doclayout::bench
