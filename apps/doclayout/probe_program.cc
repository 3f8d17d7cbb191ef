#include "probe_program.h"

#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace doclayout {

void BecomeProbeProgram(std::span<const char* const> arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  const std::string program = self.parent_path() / "doclayout_probe";
  // That program has this one command, and no word for it.
  std::vector<char*> words;
  bool named = false;
  for (const char* word : arguments) {
    if (!named && !words.empty() && std::string_view(word) == "probe") {
      named = true;
      continue;
    }
    words.push_back(const_cast<char*>(word));  // execv takes it so for history's sake, and changes nothing
  }
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
}

}  // namespace doclayout
