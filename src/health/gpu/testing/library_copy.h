#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace doclayout::health {

/// A copy of a fake driver library, with a state of its own: for a test that leaves a thread behind in it, which would
/// meddle with the next test's.
class LibraryCopy {
 public:
  explicit LibraryCopy(const std::filesystem::path& library) : path_(NewPath()) {
    std::filesystem::copy_file(library, path_, std::filesystem::copy_options::overwrite_existing);
  }
  ~LibraryCopy() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }

  LibraryCopy(const LibraryCopy&) = delete;
  LibraryCopy& operator=(const LibraryCopy&) = delete;

  std::string path() const { return path_; }

 private:
  static std::filesystem::path NewPath() {
    static int made = 0;
    return std::filesystem::temp_directory_path() /
           ("libdoclayout_fake_" + std::to_string(static_cast<int>(getpid())) + "_" + std::to_string(++made) + ".so");
  }

  const std::filesystem::path path_;
};

}  // namespace doclayout::health
