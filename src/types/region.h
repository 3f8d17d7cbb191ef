#pragma once

#include <optional>
#include <string>
#include <vector>

namespace doclayout {

/// Pixels of the upright page: x to the right, y down.
struct Point {
  float x = 0;
  float y = 0;

  friend bool operator==(const Point&, const Point&) = default;
};

/// An axis-aligned rectangle in pixels of the upright page; x2 >= x1 and y2 >= y1.
struct Box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  float area() const { return width() * height(); }

  friend bool operator==(const Box&, const Box&) = default;
};

/// One thing found on a page.
struct Region {
  std::string label;           ///< "text", "table", …: one of the model's labels
  int label_id = 0;            ///< the label's place in the model's list, from 0
  float score = 0;             ///< confidence, 0..1
  Box bbox;                    ///< where it is
  std::vector<Point> polygon;  ///< its outline; empty where the model gives none, and then the box is the outline
  std::optional<int> order;    ///< place in the reading order from 1; none where the label takes no part
};

}  // namespace doclayout
