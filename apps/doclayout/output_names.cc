#include "output_names.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

namespace doclayout {
namespace {

/// "scan" of "scan-12"; nothing when the name does not end as a page's does.
std::optional<std::string> WithoutPageNumber(const std::string& name) {
  const std::size_t last_other = name.find_last_not_of("0123456789");
  if (last_other == std::string::npos || last_other + 1 == name.size()) return std::nullopt;
  if (name[last_other] != '-' || name[last_other + 1] == '0') return std::nullopt;
  return name.substr(0, last_other);
}

/// Names without the extension that all of them get.
class NamesGiven {
 public:
  explicit NamesGiven(FilesADocument files) : numbered_(files == FilesADocument::kOneAPage) {}

  /// False when the name, or the name of a page of it, may be written for another document.
  bool Take(const std::string& name) {
    const auto document = numbered_ ? WithoutPageNumber(name) : std::nullopt;
    if (taken_.contains(name) || documents_.contains(name) || (document && taken_.contains(*document))) return false;
    taken_.insert(name);
    if (document) documents_.insert(*document);
    return true;
  }

 private:
  const bool numbered_;
  std::set<std::string> taken_;
  std::set<std::string> documents_;  ///< that some name would be a page of
};

}  // namespace

std::vector<std::string> OutputNames(const std::vector<std::string>& inputs, const std::string& extension,
                                     FilesADocument files) {
  std::map<std::string, int> stems;
  for (const std::string& input : inputs) ++stems[std::filesystem::path(input).stem().string()];
  const auto keeps_stem = [&](const std::string& stem) {
    const auto document = files == FilesADocument::kOneAPage ? WithoutPageNumber(stem) : std::nullopt;
    return stems[stem] == 1 && !(document && stems.contains(*document));
  };

  NamesGiven given(files);
  std::vector<std::string> names(inputs.size());
  // The plain names first: they cannot clash with each other, and what is made up below must not take them.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string stem = std::filesystem::path(inputs[i]).stem().string();
    if (keeps_stem(stem) && given.Take(stem)) names[i] = stem + extension;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!names[i].empty()) continue;
    const std::string whole = std::filesystem::path(inputs[i]).filename().string();
    std::string name = whole;
    for (int copy = 2; !given.Take(name); ++copy) name = fmt::format("{}.{}", whole, copy);
    names[i] = name + extension;
  }
  return names;
}

std::filesystem::path WithPageNumber(const std::filesystem::path& path, int page) {
  return path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), page, path.extension().string());
}

}  // namespace doclayout
