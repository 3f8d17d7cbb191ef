#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace doclayout {

/// Names of the files that are written for inputs when many go into one folder: the input's name with another
/// extension, and with its own kept before it where two inputs would share one ("a.png", "a.jpg" -> "a.png.json",
/// "a.jpg.json"). `extension` begins with a dot. Inputs of one whole name, from different folders, are numbered.
std::vector<std::string> OutputNames(const std::vector<std::string>& inputs, const std::string& extension);

/// "scan.png" with page 3 of several: "scan-3.png".
std::filesystem::path WithPageNumber(const std::filesystem::path& path, int page);

}  // namespace doclayout
