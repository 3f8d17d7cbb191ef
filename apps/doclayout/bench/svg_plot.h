#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doclayout::bench {

/// Text that means itself in HTML and SVG, in quotes too; what a terminal must not see is escaped as `Printable` does.
std::string Escaped(std::string_view text);

/// A line of a plot.
struct Line {
  std::string name;
  int colour = 0;                                 ///< of the page's palette, class "c0" … "c7"
  std::vector<std::pair<double, double>> points;  ///< in the order of x; one that is not finite breaks the line
  bool dots = false;                              ///< marks each point
  bool dashed = false;
};

/// A stretch of the x axis with a name, in its order.
struct Band {
  double from = 0;
  double to = 0;
  std::string name;
};

struct Plot {
  std::string title;
  std::string x_label;  ///< with its unit
  std::string y_label;
  std::vector<Line> lines;
  std::vector<Band> bands;
  std::optional<double> limit;  ///< a horizontal line
  std::string limit_name;
  bool times = false;        ///< y is seconds, on a logarithmic axis where they differ by much
  bool percentiles = false;  ///< x is -log10(1 - percentile): 1 is p90, 2 is p99
};

/// An <svg> element with its legend in HTML before it; colours come from the page's style sheet. Every text is escaped.
std::string RenderPlot(const Plot& plot);

}  // namespace doclayout::bench
