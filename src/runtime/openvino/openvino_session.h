#pragma once

#include <cstdint>
#include <openvino/runtime/infer_request.hpp>
#include <span>
#include <string>
#include <vector>

#include "model/model_card.h"
#include "runtime/session.h"

namespace doclayout::runtime {

/// A session on a graph that `PrepareGraph` made. As `Session` says; the constructor throws `ov::Exception`.
class OpenVinoSession final : public Session {
 public:
  OpenVinoSession(ov::InferRequest request, const model::ModelCard& card, std::vector<std::string> output_names);

  int batch() const override { return batch_; }
  std::span<std::uint8_t> image(int index) override;
  void SetScaleFactor(int index, float y, float x) override;
  Result<std::span<const TensorView>> Run() override;

 private:
  /// Brings the pixels into the planes that the graph reads.
  void FillPlanes();

  ov::InferRequest request_;
  const std::vector<std::string> output_names_;
  const model::InputContract input_;
  int batch_ = 1;
  std::vector<std::uint8_t> interleaved_;  ///< of all pages; empty where the graph reads them so
  std::span<std::uint8_t> planes_;         ///< of all pages; empty likewise
  std::span<std::uint8_t> pixels_;         ///< of all pages, to be filled
  std::span<float> scale_factors_;         ///< two a page; empty for models without
  std::vector<ov::Tensor> outputs_;        ///< keep what the views show
  std::vector<TensorView> views_;
};

}  // namespace doclayout::runtime
