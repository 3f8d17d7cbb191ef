#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/testing/fake_clock.h"
#include "model/model_card.h"
#include "runtime/session.h"
#include "types/page.h"

namespace doclayout::pipeline {

/// A PicoDet of one 64x64 level with one cell, which finds `score` where a page is white and less where it is darker; a
/// negative score makes it fail. Inference takes 50 ms of the fake clock.
class FakeSession final : public runtime::Session {
 public:
  FakeSession(FakeClock& clock, float score, int batch = 1)
      : clock_(clock),
        score_(score),
        scores_(static_cast<std::size_t>(batch)),
        distances_(scores_.size() * 32),
        input_(scores_.size() * kImageBytes) {}

  int batch() const override { return static_cast<int>(scores_.size()); }
  std::span<std::uint8_t> image(int index) override {
    return std::span(input_).subspan(static_cast<std::size_t>(index) * kImageBytes, kImageBytes);
  }
  void SetScaleFactor(int /*index*/, float /*y*/, float /*x*/) override {}

  Result<std::span<const TensorView>> Run() override {
    clock_.Advance(std::chrono::milliseconds(50));
    if (score_ < 0) return Fail(ErrorCode::kInternal, "inference failed: told to");
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      scores_[i] = score_ * static_cast<float>(input_[i * kImageBytes]) / 255;
    }
    views_ = {{"scores", ElementType::kFloat32, {scores_.size(), 1, 1}, scores_.data()},
              {"distances", ElementType::kFloat32, {scores_.size(), 1, 32}, distances_.data()}};
    return views_;
  }

 private:
  static constexpr std::size_t kImageBytes = 64UL * 64 * 3;

  FakeClock& clock_;
  const float score_;
  std::vector<float> scores_;
  std::vector<float> distances_;
  std::vector<std::uint8_t> input_;
  std::vector<TensorView> views_;
};

inline model::ModelCard FakeCard() {
  model::ModelCard card;
  card.labels = {"text"};
  card.input = {.name = "image", .width = 64, .height = 64};
  card.outputs = model::PicoDetOutputs{.levels = {{.stride = 64, .scores = 0, .distances = 1}}, .distance_bins = 8};
  return card;
}

inline Page GreyPage(int width, int height, std::uint8_t grey) {
  Page page{.index = 3, .rotation = 90, .dpi = 200.0, .image = Image(width, height)};
  std::ranges::fill(page.image.bytes(), grey);
  return page;
}

inline Page WhitePage(int width, int height) {
  return GreyPage(width, height, 255);
}

}  // namespace doclayout::pipeline
