#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace doclayout::health {

/// The file by which a test says what a fake driver library plays (scenario.h). One for each variable and process,
/// named in the environment: made before a thread may read that. Ends with "healthy", which lets go what hangs.
class ScenarioFile {
 public:
  explicit ScenarioFile(const std::string& variable)
      : path_(std::filesystem::temp_directory_path() /
              ("doclayout_" + variable + "_" + std::to_string(static_cast<int>(getpid())))) {
    const char* named = std::getenv(variable.c_str());
    if (named == nullptr || named != path_) setenv(variable.c_str(), path_.c_str(), 1);
    Play("healthy");
  }
  ~ScenarioFile() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }

  ScenarioFile(const ScenarioFile&) = delete;
  ScenarioFile& operator=(const ScenarioFile&) = delete;

  /// From the next call on. The same scenario again is another text: what it does once, it does once more.
  void Play(const std::string& scenario) {
    static int played = 0;
    const std::filesystem::path written = path_.string() + ".new";
    std::ofstream(written) << scenario << " played=" << ++played << "\n";
    std::filesystem::rename(written, path_);
  }

 private:
  const std::filesystem::path path_;
};

}  // namespace doclayout::health
