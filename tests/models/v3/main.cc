// doclayout_v3_model FOLDER: writes the V3 network with seeded weights there, for the end-to-end tests and bench/.
#include <cstdio>

#include "v3/model_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: doclayout_v3_model FOLDER\n");
    return 2;
  }
  const auto files = doclayout::v3::WriteModelFiles(argv[1]);
  if (!files) {
    std::fprintf(stderr, "error: %s\n", files.error().message.c_str());
    return 1;
  }
  std::printf("%s\n%s\n", files->official.c_str(), files->transformers.c_str());
  return 0;
}
