// What each stage of a page costs, one by one, on one page: `doclayout_stages_bench [--benchmark_filter=REGEX]…`.
//
// DOCLAYOUT_BENCH_PAGE names the page (any image that the service reads). Post-processing and rendering work on what
// the embedded model really says about that page: it is inferred once before anything is measured.
//
// Times are CPU times of the whole process, so that a stage cannot hide work in threads.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <opencv2/core/utility.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "decode/document.h"
#include "detections_subject.h"
#include "model/model_file.h"
#include "model/onnx_header.h"
#include "postprocess/layout.h"
#include "postprocess/picodet.h"
#include "postprocess/reading_order.h"
#include "preprocess/preprocess.h"
#include "render/render.h"
#include "runtime/openvino/openvino_engine.h"
#include "runtime/session.h"
#include "types/page.h"
#include "types/page_layout.h"
#include "types/tensor.h"

namespace doclayout {
namespace {

/// The value, or an exception that ends the benchmark: nothing can be measured without it.
template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::vector<std::uint8_t> ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.empty()) {
    throw std::runtime_error(
        fmt::format("the page {} is missing or empty; DOCLAYOUT_BENCH_PAGE names another one", path));
  }
  return bytes;
}

Page Decode(std::span<const std::uint8_t> bytes) {
  return Must(Must(decode::OpenDocument(bytes, {}))->ReadPage(0));
}

/// One page in all the shapes that it takes on its way through the stages.
class Subject {
 public:
  explicit Subject(const char* page_path)
      : bytes_(ReadFile(page_path)),
        page_(Decode(bytes_)),
        model_(model::ModelFile::Embedded()),
        engine_(Must(runtime::LoadOpenVino(model_, {.threads = 1, .streams = 1}))),
        session_(Must(engine_->CreateSession())),
        layout_(EmptyLayout()) {
    Must(preprocess::FillInput(page_.image, model_.card().input, session_->image(0)));
    Record(Must(session_->Run()));
    Must(postprocess::FillRegions(outputs_, model_.card(), {}, layout_));
  }

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  const Page& page() const { return page_; }
  const model::ModelFile& model() const { return model_; }
  const model::ModelCard& card() const { return model_.card(); }
  runtime::Session& session() const { return *session_; }
  std::span<const TensorView> outputs() const { return outputs_; }
  const PageLayout& layout() const { return layout_; }

  PageLayout EmptyLayout() const { return {.width = page_.image.width(), .height = page_.image.height()}; }

  std::string Json(const PageLayout& layout) const {
    const render::DocumentInfo info{.request_id = "0199aaaa-0000-7000-8000-000000000000",
                                    .model_name = card().name,
                                    .model_sha256 = card().sha256,
                                    .model_family = model::FamilyName(card().family)};
    std::vector<PageLayout> pages;
    pages.push_back(layout);
    return render::ToJson(info, pages, StageTimings{}, false);
  }

 private:
  /// Copies the outputs: a session's own are overwritten by its next run.
  void Record(std::span<const TensorView> outputs) {
    for (const TensorView& output : outputs) {
      const std::span<const float> values = output.floats();
      recorded_.emplace_back(values.begin(), values.end());
      TensorView view = output;
      view.data = recorded_.back().data();
      outputs_.push_back(std::move(view));
    }
  }

  const std::vector<std::uint8_t> bytes_;
  const Page page_;
  const model::ModelFile model_;
  const std::unique_ptr<runtime::Engine> engine_;
  const std::unique_ptr<runtime::Session> session_;
  std::vector<std::vector<float>> recorded_;
  std::vector<TensorView> outputs_;
  PageLayout layout_;
};

/// A page of two columns whose paragraphs overlap by some pixels, as detections do, with a full-width box every ten.
std::vector<postprocess::OrderedBox> TwoColumns(int count) {
  std::vector<postprocess::OrderedBox> boxes;
  float y = 0;
  for (int i = 0; i < count; ++i) {
    const bool right = i % 2 == 1;
    const bool full_width = i % 10 == 0;
    const float left = right ? 510.0F : 10.0F;
    boxes.push_back({.box = {left, y, full_width ? 990.0F : left + 480.0F, y + 42.0F}});
    if (right || full_width) y += 40.0F;
  }
  return boxes;
}

/// What costs most for its number: lines and bars that peel off one by one, so that no cut halves what is left.
std::vector<postprocess::OrderedBox> NestedLs(int count) {
  std::vector<postprocess::OrderedBox> boxes;
  const float size = 15.0F * static_cast<float>(count);
  float left = 0;
  float top = 0;
  for (int i = 0; i < count; ++i) {
    const bool line = i % 3 < 2;
    boxes.push_back({.box = line ? Box{left, top, size, top + 8} : Box{left, top, left + 8, size}});
    (line ? top : left) += 10;
  }
  return boxes;
}

/// Boxes in each other like an onion's skins: each is compared with all, and none can be cut off.
std::vector<postprocess::OrderedBox> Onion(int count) {
  std::vector<postprocess::OrderedBox> boxes;
  for (int i = 0; i < count; ++i) {
    const auto skin = static_cast<float>(i);
    const float size = 4.0F * static_cast<float>(count);
    boxes.push_back({.box = {skin, skin, size - skin, size - skin}});
  }
  return boxes;
}

/// Boxes that overlap the one before and the one behind, from corner to corner: what blocks is taken out one by one.
std::vector<postprocess::OrderedBox> Staircase(int count) {
  std::vector<postprocess::OrderedBox> boxes;
  for (int i = 0; i < count; ++i) {
    const auto step = static_cast<float>(i);
    boxes.push_back({.box = {step, step, step + 100, step + 100}});
  }
  return boxes;
}

/// Registers `stage`, which does one page's work and returns something that the compiler must not drop.
template <typename Stage>
benchmark::internal::Benchmark* Add(const std::string& name, Stage stage) {
  return benchmark::RegisterBenchmark(name.c_str(),
                                      [stage = std::move(stage)](benchmark::State& state) {
                                        for (auto _ : state) {
                                          auto result = stage();
                                          benchmark::DoNotOptimize(result);
                                        }
                                      })
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMicrosecond);
}

void AddStages(Subject& subject, std::vector<std::uint8_t>& input) {
  Add("decode", [&] { return Decode(subject.bytes()); });
  Add("resize", [&] { return preprocess::FillInput(subject.page().image, subject.card().input, input).has_value(); });
  Add("postprocess", [&] {
    PageLayout layout = subject.EmptyLayout();
    Must(postprocess::FillRegions(subject.outputs(), subject.card(), {}, layout));
    return layout;
  });
  Add("json", [&] { return subject.Json(subject.layout()); });
  Add("all_but_inference", [&] {
    const Page page = Decode(subject.bytes());
    Must(preprocess::FillInput(page.image, subject.card().input, input));
    PageLayout layout = subject.EmptyLayout();
    Must(postprocess::FillRegions(subject.outputs(), subject.card(), {}, layout));
    return subject.Json(layout);
  });
  Add("inference_1_thread", [&] { return Must(subject.session().Run()).size(); });
}

void AddParts(const Subject& subject) {
  Add("postprocess/picodet", [&] {
    return Must(
        postprocess::DecodePicoDet(subject.outputs(), subject.card(), {},
                                   {.width = subject.page().image.width(), .height = subject.page().image.height()}));
  });
  for (const int count : {20, 100, 1000}) {
    Add(fmt::format("xy_cut/{}_boxes", count), [boxes = TwoColumns(count)] { return postprocess::XyCutOrder(boxes); });
  }
  for (const int count : {300, 1000}) {
    Add(fmt::format("xy_cut/worst/nested_ls/{}_boxes", count),
        [boxes = NestedLs(count)] { return postprocess::XyCutOrder(boxes); });
    Add(fmt::format("xy_cut/worst/onion/{}_boxes", count),
        [boxes = Onion(count)] { return postprocess::XyCutOrder(boxes); });
    Add(fmt::format("xy_cut/worst/staircase/{}_boxes", count),
        [boxes = Staircase(count)] { return postprocess::XyCutOrder(boxes); });
  }
  Add("annotated_png", [&] { return Must(render::ToAnnotatedPng(subject.page().image, subject.layout())); });
  Add("onnx_header", [&] { return Must(model::ReadOnnxHeader(subject.model().bytes())); });
}

void AddDetections(const bench::DetectionsSubject& subject) {
  for (const auto& [name, shape] : {std::pair{"rect", RegionShape::kRect}, std::pair{"auto", RegionShape::kAuto}}) {
    Add(fmt::format("postprocess/300_rows_60_masks/{}", name), [&subject, shape] {
      PageLayout layout = subject.EmptyLayout();
      Must(postprocess::FillRegions(subject.outputs(), subject.card(), {.shape = shape}, layout));
      if (layout.regions.size() != 60) throw std::runtime_error("not 60 regions are left");
      return layout;
    });
  }
}

int Run(int argc, char** argv) {
  // As in the service: a page is resized by the thread that has it.
  cv::setNumThreads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;

  const char* const chosen = std::getenv("DOCLAYOUT_BENCH_PAGE");  // NOLINT(concurrency-mt-unsafe): no threads yet
  const char* const path = chosen != nullptr ? chosen : DOCLAYOUT_BENCH_PAGE;
  Subject subject(path);
  std::vector<std::uint8_t> input(preprocess::InputBytes(subject.card().input));
  AddStages(subject, input);
  AddParts(subject);
  const bench::DetectionsSubject detections;
  AddDetections(detections);
  benchmark::AddCustomContext("page_pixels", fmt::format("{}x{}", subject.layout().width, subject.layout().height));
  benchmark::AddCustomContext("page_regions", fmt::format("{}", subject.layout().regions.size()));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace doclayout

int main(int argc, char** argv) {
  try {
    return doclayout::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
