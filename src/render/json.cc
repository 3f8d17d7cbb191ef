#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "render/render.h"

namespace doclayout::render {
namespace {

using Json = nlohmann::ordered_json;

// The double nearest to a number of so many decimals: the printer gives such a double its shortest text, so that
// 0.991F comes out as 0.991 and not as 0.9909999966621399. Adding zero makes a plain 0.0 of -0.0.
double Round(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit + 0.0;
}

/// Whole pixels as integers: some families round to them.
Json Coordinate(double pixels) {
  const double rounded = Round(pixels, 10);
  if (rounded == std::trunc(rounded) && std::fabs(rounded) < 1e15) return static_cast<std::int64_t>(rounded);
  return rounded;
}
double Score(double score) {
  return Round(score, 10'000);
}
double Milliseconds(double milliseconds) {
  return Round(milliseconds, 100);
}

Json PointsToJson(const Region& region) {
  Json points = Json::array();
  if (region.polygon.empty()) {
    const Box& box = region.bbox;
    for (const auto& [x, y] : {Point{box.x1, box.y1}, {box.x2, box.y1}, {box.x2, box.y2}, {box.x1, box.y2}}) {
      points.push_back(Json::array({Coordinate(x), Coordinate(y)}));
    }
    return points;
  }
  for (const Point& point : region.polygon) {
    points.push_back(Json::array({Coordinate(point.x), Coordinate(point.y)}));
  }
  return points;
}

Json RegionToJson(const Region& region, std::size_t id) {
  const Box& box = region.bbox;
  Json json;
  json["id"] = id;
  json["label"] = region.label;
  json["label_id"] = region.label_id;
  json["score"] = Score(region.score);
  json["bbox"] = Json::array({Coordinate(box.x1), Coordinate(box.y1), Coordinate(box.x2), Coordinate(box.y2)});
  json["polygon"] = PointsToJson(region);
  json["order"] = region.order ? Json(*region.order) : Json(nullptr);
  return json;
}

Json PageToJson(const PageLayout& page) {
  Json regions = Json::array();
  for (std::size_t id = 0; id < page.regions.size(); ++id) {
    regions.push_back(RegionToJson(page.regions[id], id));
  }
  Json json;
  json["index"] = page.index;
  json["width"] = page.width;
  json["height"] = page.height;
  // A PNG of 300 dots an inch states 11811 a metre, which is 299.9994 an inch.
  json["dpi"] = page.dpi ? Json(Round(*page.dpi, 10)) : Json(nullptr);
  json["rotation"] = page.rotation;
  json["order_source"] = OrderSourceName(page.order_source);
  json["regions"] = std::move(regions);
  return json;
}

Json TimingsToJson(const StageTimings& timings) {
  Json json;
  json["decode"] = Milliseconds(timings.decode);
  json["queue"] = Milliseconds(timings.queue);
  json["preprocess"] = Milliseconds(timings.preprocess);
  json["inference"] = Milliseconds(timings.inference);
  json["postprocess"] = Milliseconds(timings.postprocess);
  json["total"] = Milliseconds(timings.total);
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list of numbers or of points is read as one thing, so it stays on one line.
bool IsFlat(const Json& json) {
  if (!json.is_structured() || json.empty()) return true;
  if (json.is_object()) return false;
  for (const Json& element : json) {
    if (element.is_object() || element.is_string()) return false;
  }
  return true;
}

void DumpPretty(const Json& json, std::size_t indent, std::string& out) {
  if (IsFlat(json)) {
    out += Dump(json);
    return;
  }
  const bool is_object = json.is_object();
  out += is_object ? "{" : "[";
  const char* separator = "\n";
  for (auto it = json.begin(); it != json.end(); ++it) {
    out += separator;
    out.append(indent + 2, ' ');
    if (is_object) out += Dump(it.key()) + ": ";
    DumpPretty(*it, indent + 2, out);
    separator = ",\n";
  }
  out += '\n';
  out.append(indent, ' ');
  out += is_object ? "}" : "]";
}

}  // namespace

std::string ToJson(const DocumentInfo& info, const std::vector<PageLayout>& pages, const StageTimings& timings,
                   bool pretty) {
  Json json;
  if (!info.file.empty()) json["file"] = info.file;
  if (!info.request_id.empty()) json["request_id"] = info.request_id;
  json["model"] = {{"name", info.model_name}, {"sha256", info.model_sha256}, {"family", info.model_family}};
  json["pages"] = Json::array();
  for (const PageLayout& page : pages) {
    json["pages"].push_back(PageToJson(page));
  }
  json["timings_ms"] = TimingsToJson(timings);

  if (!pretty) return Dump(json);
  std::string out;
  DumpPretty(json, 0, out);
  return out;
}

}  // namespace doclayout::render
