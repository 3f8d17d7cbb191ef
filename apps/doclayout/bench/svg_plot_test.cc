#include "bench/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace doclayout::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SvgPlot, TextMeansItself) {
  EXPECT_EQ(Escaped("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(Escaped("µ\x1b\xff"), "µ\\x1b\\xff");
}

TEST(SvgPlot, DrawsLinesWithTheirNamesAndUnits) {
  const std::string svg = RenderPlot({.title = "T",
                                      .x_label = "time (s)",
                                      .y_label = "per second",
                                      .lines = {{.name = "<ok>", .colour = 3, .points = {{0, 1}, {1, 2}, {2, 1}}}}});

  EXPECT_THAT(svg, HasSubstr("time (s)"));
  EXPECT_THAT(svg, HasSubstr("per second"));
  EXPECT_THAT(svg, HasSubstr("<path class=\"c3\" d=\"M"));
  EXPECT_THAT(svg, HasSubstr("&lt;ok&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<ok>")));
}

TEST(SvgPlot, BreaksALineWhereThereIsNothing) {
  const std::string svg =
      RenderPlot({.lines = {{.points = {{0, 1}, {1, 1}, {2, NAN}, {3, 1}, {4, 1}, {5, INFINITY}, {6, 2}}}}});

  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  const std::string path = svg.substr(svg.find(" d=\""));
  EXPECT_EQ(std::count(path.begin(), path.begin() + static_cast<long>(path.find("\"><title")), 'M'), 3);
  EXPECT_THAT(svg, HasSubstr("<circle"));  // the last point, alone
}

TEST(SvgPlot, TimesThatDifferByMuchHaveALogarithmicAxis) {
  const std::string svg = RenderPlot({.lines = {{.points = {{0, 0.01}, {1, 10}}}}, .times = true});

  EXPECT_THAT(svg, HasSubstr(">10 ms<"));
  EXPECT_THAT(svg, HasSubstr(">1 s<"));
  EXPECT_THAT(svg, HasSubstr(">10 s<"));
}

TEST(SvgPlot, PercentilesAreNamed) {
  const std::string svg = RenderPlot({.lines = {{.points = {{0, 1}, {3, 2}}}}, .times = true, .percentiles = true});

  EXPECT_THAT(svg, HasSubstr(">90 %<"));
  EXPECT_THAT(svg, HasSubstr(">99 %<"));
  EXPECT_THAT(svg, HasSubstr(">99.9 %<"));
}

TEST(SvgPlot, ALimitFarAboveEverythingIsLeftOut) {
  const auto plot = [](double limit) {
    return RenderPlot(
        {.lines = {{.points = {{0, 0.1}, {1, 0.2}}}}, .limit = limit, .limit_name = "limit", .times = true});
  };

  EXPECT_THAT(plot(0.4), HasSubstr(">limit<"));
  EXPECT_THAT(plot(400), Not(HasSubstr(">limit<")));
}

TEST(SvgPlot, NothingToDrawIsNoMistake) {
  const std::string svg = RenderPlot({.title = "empty", .lines = {{.points = {}}, {.points = {{NAN, NAN}}}}});

  EXPECT_THAT(svg, HasSubstr("</svg>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace doclayout::bench
