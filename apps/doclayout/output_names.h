#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace doclayout {

/// How many files a document may become: one (JSON), or one for each of its pages (PNG), numbered where it has several.
enum class FilesADocument { kOne, kOneAPage };

/// Names of the files that are written for inputs when many go into one folder; `extension` begins with a dot.
///
/// No two documents can come to write one name, whatever their pages count: with `kOneAPage` a name stands for itself
/// and for every `WithPageNumber` of it. A document is called as its input, with `extension` for the input's own. It
/// keeps its input's extension before the new one where two inputs would share a name ("a.png", "a.jpg" ->
/// "a.png.json", "a.jpg.json") or where it would be called like a page of another one ("scan.tif", "scan-1.png" ->
/// "scan.png", "scan-1.png.png"). What still clashes, such as inputs of one whole name from different folders, is
/// numbered in the order given ("b.png.json", "b.png.2.json"). The same inputs in the same order give the same names.
std::vector<std::string> OutputNames(const std::vector<std::string>& inputs, const std::string& extension,
                                     FilesADocument files);

/// "scan.png" with page 3 of several: "scan-3.png".
std::filesystem::path WithPageNumber(const std::filesystem::path& path, int page);

}  // namespace doclayout
