#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "types/region.h"

namespace doclayout::postprocess {

/// Where a region stands in the order whatever its place: running heads come first and running feet last, as a person
/// reads the body of a page without them.
enum class Band { kHead, kBody, kFoot };

struct OrderedBox {
  Box box;
  Band band = Band::kBody;
};

/// The order in which a person reads boxes on a page, for models that give none: indices into `boxes`, first read
/// first.
///
/// Recursive XY-cut: a page is split along white space that crosses all of it, and each part again. Source: Nagy and
/// Seth, "Hierarchical representation of optically scanned documents", ICPR 1984; on bounding boxes: Ha, Haralick and
/// Phillips, "Recursive X-Y cut using bounding boxes of connected components", ICDAR 1995. Four things are added:
///  - Boxes that only frame others (containers.h) are set aside first: a false one over two columns would hide the gap
///    between them. Each is read directly before the first box that it holds.
///  - Rows that continue the columns above them stay with those, so that paragraphs that happen to end at one height in
///    two columns do not tear the columns apart; what spans the gap (a title, a wide figure) ends the columns above it,
///    and takes a caption or heading with it that stands in one column but nearer to it than to the text above.
///  - Boxes are shrunk a little first: detections overlap by some pixels where the page has a gap.
///  - Where no cut goes through, the box that blocks most is read in its place by height and the rest is cut again.
///
/// Running heads and feet are read line by line.
///
/// Thread-safe, deterministic (ties by y, x, then index). Takes O(n log n) for each level of nesting; pages have a few
/// levels, and behind 64 what is left is sorted by height. Finding containers compares boxes that lie in each other
/// with each other: O(n²) where all do. 1,000 boxes take half a millisecond in two columns, and 1 to 10 in the worst
/// shapes that are known (bench/stages_bench.cc: xy_cut/worst); recursion is never deeper than 64.
std::vector<std::size_t> XyCutOrder(std::span<const OrderedBox> boxes);

}  // namespace doclayout::postprocess
