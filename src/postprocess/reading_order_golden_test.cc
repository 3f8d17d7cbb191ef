// The order of boxes as they are written down in tests/golden/reading_order/boxes. ctest says where that is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "postprocess/reading_order.h"

namespace doclayout::postprocess {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> GoldenFiles() {
  const char* const source = std::getenv("DOCLAYOUT_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe): no threads here
  if (source == nullptr) return {};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(source) / "tests/golden/reading_order/boxes")) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<Box> ReadBlocks(const fs::path& file) {
  std::vector<Box> boxes;
  const nlohmann::json golden = nlohmann::json::parse(std::ifstream(file));
  for (const auto& block : golden.at("blocks")) {
    const auto& box = block.at("box");
    boxes.push_back({box.at(0), box.at(1), box.at(2), box.at(3)});
  }
  return boxes;
}

TEST(ReadingOrderGolden, FilesAreThere) {
  EXPECT_GE(GoldenFiles().size(), 8U) << "run this by ctest, which sets DOCLAYOUT_SOURCE_DIR";
}

TEST(ReadingOrderGolden, BoxesAreReadAsAPersonDoesHoweverTheyCome) {
  std::mt19937 random(6);
  for (const fs::path& file : GoldenFiles()) {
    SCOPED_TRACE(file.filename().string());
    const std::vector<Box> expected = ReadBlocks(file);
    std::vector<OrderedBox> boxes;
    for (const Box& box : expected) boxes.push_back({box, Band::kBody});
    std::shuffle(boxes.begin(), boxes.end(), random);

    std::vector<Box> order;
    for (std::size_t i : XyCutOrder(boxes)) order.push_back(boxes[i].box);

    EXPECT_EQ(order, expected);
  }
}

}  // namespace

}  // namespace doclayout::postprocess
