#include "output_names.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace doclayout {

std::vector<std::string> OutputNames(const std::vector<std::string>& inputs, const std::string& extension) {
  std::map<std::string, int> stems;
  for (const std::string& input : inputs) ++stems[std::filesystem::path(input).stem().string()];
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& input : inputs) {
    const std::filesystem::path path(input);
    const std::string base = stems[path.stem().string()] == 1 ? path.stem().string() : path.filename().string();
    std::string name = base + extension;
    for (int copy = 2; !taken.insert(name).second; ++copy) name = fmt::format("{}.{}{}", base, copy, extension);
    names.push_back(std::move(name));
  }
  return names;
}

std::filesystem::path WithPageNumber(const std::filesystem::path& path, int page) {
  return path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), page, path.extension().string());
}

}  // namespace doclayout
