#include "health/check_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace doclayout::health {

nlohmann::ordered_json ToJson(const std::vector<Check>& checks) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    nlohmann::ordered_json entry;
    entry["name"] = check.name;
    entry["status"] = StatusName(check.status);
    entry["details"] = check.details;
    if (check.value) {
      entry["value"] = *check.value;
      entry["unit"] = check.unit;
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace doclayout::health
