// The V3 network with seeded weights (tests/models/v3) in both runtimes and both contracts. Each inference takes a
// second or more, so a few are made once and looked at by all tests. Rows have no portable order: they are compared as
// sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/model_file.h"
#include "runtime/onnxruntime/onnxruntime_engine.h"
#include "runtime/openvino/openvino_engine.h"
#include "v3/model_files.h"

namespace doclayout::runtime {
namespace {

// What two runtimes, or two batch sizes, may differ by on a page of 1240x1754 pixels.
constexpr float kBoxTolerance = 0.5F;     // pixels
constexpr float kScoreTolerance = 3e-4F;  // of 1
constexpr float kRankTolerance = 2;       // places in the reading order
constexpr double kMaskTolerance = 5e-5;   // of all pixels of all masks
constexpr float kLogitTolerance = 5e-3F;  // of logits up to 10
constexpr std::size_t kRows = 300;
constexpr int kPageWidth = 1240;
constexpr int kPageHeight = 1754;

/// A copy of an output.
struct Tensor {
  Shape shape;
  std::vector<float> floats;        ///< of those that are float32
  std::vector<std::uint8_t> bytes;  ///< of the others, as they lie in memory

  explicit Tensor(const TensorView& view) : shape(view.shape) {
    const auto* data = static_cast<const std::uint8_t*>(view.data);
    if (view.type == ElementType::kFloat32) {
      floats.assign(view.floats().begin(), view.floats().end());
    } else {
      bytes.assign(data, data + ElementCount(shape) * ElementSize(view.type));
    }
  }
};
using Outputs = std::vector<Tensor>;

const v3::ModelFiles& Files() {
  static const Result<v3::ModelFiles> kFiles = v3::WriteModelFiles(DOCLAYOUT_V3_FOLDER);
  EXPECT_TRUE(kFiles) << kFiles.error().message;
  return *kFiles;
}

model::ModelFile Load(const std::filesystem::path& path) {
  auto file = model::ModelFile::Load(path);
  EXPECT_TRUE(file) << file.error().message;
  return std::move(*file);
}

/// Lines of dark words on white; another page has other columns.
void DrawPage(std::span<std::uint8_t> image, int page) {
  constexpr std::size_t kSide = 800;
  const std::size_t columns = 1 + static_cast<std::size_t>(page);
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) {
      const std::size_t in_column = x % (kSide / columns);
      const bool ink = y % 20 < 11 && in_column > 30 && (x * 7 + y / 20 * 13) % 60 > 12 && (y / 140) % 4 != 3;
      const std::size_t grey = ink ? 30 + (x * 31 + y * 17) % 40 : 235 + (x + y) % 20;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        image[(y * kSide + x) * 3 + channel] = static_cast<std::uint8_t>(grey - (ink ? 0 : channel * 4));
      }
    }
  }
}

/// Infers these pages, as many as the engine takes at once.
Outputs Infer(Result<std::unique_ptr<Engine>> engine, const std::vector<int>& pages) {
  if (!engine) throw std::runtime_error(engine.error().message);  // which fails the test
  const auto session = (*engine)->CreateSession().value();
  EXPECT_EQ(session->batch(), static_cast<int>(pages.size()));
  for (int place = 0; place < session->batch(); ++place) {
    DrawPage(session->image(place), pages[static_cast<std::size_t>(place)]);
    session->SetScaleFactor(place, 800.0F / kPageHeight, 800.0F / kPageWidth);
  }
  const auto outputs = session->Run();
  EXPECT_TRUE(outputs) << outputs.error().message;
  return {outputs->begin(), outputs->end()};
}

Outputs InferOfficial(const std::vector<int>& pages, const std::string& cache_dir = {}) {
  return Infer(LoadOpenVino(Load(Files().official),
                            {.streams = 1, .batch = static_cast<int>(pages.size()), .cache_dir = cache_dir}),
               pages);
}

/// Compiled models of this process, removed at its end.
const std::string& CacheFolder() {
  struct Folder {
    std::string path = testing::TempDir() + "/v3_compiled_" + std::to_string(getpid());
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder kFolder;
  return kFolder.path;
}

/// Pages 0 and 1, inferred by OpenVINO one at a time. The first of them has its model compiled, the other finds it.
const Outputs& Alone(int page) {
  static std::map<int, Outputs> made;
  const auto found = made.find(page);
  if (found != made.end()) return found->second;
  return made.emplace(page, InferOfficial({page}, CacheFolder())).first->second;
}

/// A page's rows and masks among those of a batch.
struct Detections {
  std::span<const float> rows;
  std::span<const std::uint8_t> masks;

  Detections(const Outputs& outputs, std::size_t place)
      : rows(std::span(outputs[0].floats).subspan(place * kRows * 7, kRows * 7)),
        masks(std::span(outputs[2].bytes).subspan(place * kRows * MaskSize(), kRows * MaskSize())) {}

  static constexpr std::size_t MaskSize() { return std::size_t{200} * 200; }
  const float* row(std::size_t index) const { return &rows[index * 7]; }
  std::span<const std::uint8_t> mask(std::size_t index) const { return masks.subspan(index * MaskSize(), MaskSize()); }
};

float Apart(const float* first, const float* second, std::size_t from, std::size_t to) {
  float most = 0;
  for (std::size_t i = from; i < to; ++i) most = std::max(most, std::abs(first[i] - second[i]));
  return most;
}

/// For each row the one of the others that lies nearest, of the same class, none twice.
std::vector<std::size_t> Match(const Detections& first, const Detections& second) {
  std::vector<std::size_t> matches;
  std::vector<bool> taken(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    std::size_t nearest = kRows;
    float least = 1e9F;
    for (std::size_t j = 0; j < kRows; ++j) {
      if (taken[j] || first.row(i)[0] != second.row(j)[0]) continue;
      const float apart = Apart(first.row(i), second.row(j), 2, 6) + 100 * Apart(first.row(i), second.row(j), 1, 2);
      if (apart < least) {
        least = apart;
        nearest = j;
      }
    }
    if (nearest < kRows) taken[nearest] = true;
    matches.push_back(nearest);
  }
  return matches;
}

void ExpectSameRows(const Detections& first, const Detections& second) {
  const std::vector<std::size_t> matches = Match(first, second);
  float box = 0;
  float score = 0;
  float rank = 0;
  std::size_t pixels = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_LT(matches[i], kRows) << "row " << i << " has no counterpart";
    const float* other = second.row(matches[i]);
    score = std::max(score, Apart(first.row(i), other, 1, 2));
    box = std::max(box, Apart(first.row(i), other, 2, 6));
    rank = std::max(rank, Apart(first.row(i), other, 6, 7));
    const auto mask = first.mask(i);
    const auto other_mask = second.mask(matches[i]);
    for (std::size_t p = 0; p < mask.size(); ++p) pixels += mask[p] != other_mask[p] ? 1 : 0;
  }
  const double masks = static_cast<double>(pixels) / static_cast<double>(first.masks.size());
  std::printf("apart: boxes %.4f px, scores %.1e, ranks %.0f, mask pixels %.1e\n", box, score, rank, masks);
  EXPECT_LE(box, kBoxTolerance);
  EXPECT_LE(score, kScoreTolerance);
  EXPECT_LE(rank, kRankTolerance);
  EXPECT_LE(masks, kMaskTolerance);
}

TEST(V3Network, GivesWhatItsContractSays) {
  const Outputs& outputs = Alone(0);

  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].shape, (Shape{kRows, 7}));
  EXPECT_EQ(outputs[1].shape, (Shape{1}));
  EXPECT_EQ(outputs[2].shape, (Shape{kRows, 200, 200}));
  std::int32_t count = 0;
  std::memcpy(&count, outputs[1].bytes.data(), sizeof(count));
  EXPECT_EQ(count, 300);
  const Detections page(outputs, 0);
  for (std::size_t i = 0; i < kRows; ++i) {
    const float* row = page.row(i);
    ASSERT_TRUE(row[0] >= 0 && row[0] < 25 && row[1] > 0 && row[1] < 1) << "row " << i;
    ASSERT_TRUE(row[4] > row[2] && row[5] > row[3] && row[6] >= 0 && row[6] < kRows) << "row " << i;
  }
  // Boxes are in pixels of the page, which is not square: some lie lower than it is wide.
  float right = 0;
  float bottom = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    right = std::max(right, (page.row(i)[2] + page.row(i)[4]) / 2);
    bottom = std::max(bottom, (page.row(i)[3] + page.row(i)[5]) / 2);
  }
  EXPECT_THAT(right, testing::AllOf(testing::Gt(0.8F * kPageWidth), testing::Le(kPageWidth)));
  EXPECT_THAT(bottom, testing::AllOf(testing::Gt(kPageWidth), testing::Le(kPageHeight)));
  EXPECT_LE(*std::ranges::max_element(page.masks), 1);
  EXPECT_EQ(*std::ranges::max_element(page.masks), 1);
}

TEST(V3Network, TwoPagesAtOnceGiveWhatEachGivesAlone) {
  const Outputs together = InferOfficial({0, 1});

  EXPECT_EQ(together[1].shape, (Shape{2}));
  ExpectSameRows(Detections(Alone(0), 0), Detections(together, 0));
  ExpectSameRows(Detections(Alone(1), 0), Detections(together, 1));
}

TEST(V3Network, FourPagesAtOnceGiveWhatEachGivesAlone) {
  const Outputs together = InferOfficial({1, 0, 0, 1});

  for (std::size_t place = 0; place < 4; ++place) {
    ExpectSameRows(Detections(Alone(place == 0 || place == 3 ? 1 : 0), 0), Detections(together, place));
  }
}

TEST(V3Network, AKeptCompiledModelGivesTheSameBits) {
  const Outputs& compiled = Alone(0);

  const Outputs kept = InferOfficial({0}, CacheFolder());

  EXPECT_EQ(compiled[0].floats, kept[0].floats);
  EXPECT_EQ(compiled[2].bytes, kept[2].bytes);
}

TEST(V3Network, OnnxRuntimeAgrees) {
  const Outputs other = Infer(LoadOnnxRuntime(Load(Files().official), {}), {1});

  EXPECT_EQ(other[1].bytes, Alone(1)[1].bytes);
  ExpectSameRows(Detections(Alone(1), 0), Detections(other, 0));
}

/// Queries of one runtime by those of another: the nearest box, of those the nearest scores.
std::vector<std::size_t> MatchQueries(const Outputs& first, const Outputs& second) {
  std::vector<std::size_t> matches;
  std::vector<bool> taken(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    std::size_t nearest = kRows;
    float least = 1e9F;
    for (std::size_t j = 0; j < kRows; ++j) {
      if (taken[j]) continue;
      const float apart = 100 * Apart(&first[1].floats[i * 4], &second[1].floats[j * 4], 0, 4) +
                          Apart(&first[0].floats[i * 25], &second[0].floats[j * 25], 0, 25);
      if (apart < least) {
        least = apart;
        nearest = j;
      }
    }
    taken[nearest] = true;
    matches.push_back(nearest);
  }
  return matches;
}

TEST(V3Network, BothRuntimesAgreeOnTheQueriesOfTheOtherContract) {
  const auto file = Load(Files().transformers);
  const Outputs first = Infer(LoadOpenVino(file, {.streams = 1}), {1});
  const Outputs second = Infer(LoadOnnxRuntime(file, {}), {1});

  ASSERT_EQ(first[3].shape, (Shape{1, kRows, 200, 200}));
  const auto matches = MatchQueries(first, second);
  float logits = 0;
  float boxes = 0;
  float order = 0;
  std::size_t pixels = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::size_t j = matches[i];
    logits = std::max(logits, Apart(&first[0].floats[i * 25], &second[0].floats[j * 25], 0, 25));
    boxes = std::max(boxes, Apart(&first[1].floats[i * 4], &second[1].floats[j * 4], 0, 4) * kPageHeight);
    for (std::size_t k = 0; k < i; ++k) {
      // Only one half of the matrix is computed, and which half a pair is in depends on the order of the queries.
      const std::size_t upper = std::min(j, matches[k]) * kRows + std::max(j, matches[k]);
      if (j > matches[k]) order = std::max(order, std::abs(first[2].floats[k * kRows + i] - second[2].floats[upper]));
    }
    for (std::size_t p = 0; p < Detections::MaskSize(); ++p) {
      const bool inside = first[3].floats[i * Detections::MaskSize() + p] > 0;
      pixels += inside != (second[3].floats[j * Detections::MaskSize() + p] > 0) ? 1 : 0;
    }
  }
  const double masks = static_cast<double>(pixels) / static_cast<double>(first[3].floats.size());
  std::printf("apart: logits %.1e, boxes %.4f px, order %.1e, mask pixels %.1e\n", logits, boxes, order, masks);
  EXPECT_LE(logits, kLogitTolerance);
  EXPECT_LE(boxes, kBoxTolerance);
  EXPECT_LE(order, kLogitTolerance);
  EXPECT_LE(masks, kMaskTolerance);
}

}  // namespace
}  // namespace doclayout::runtime
