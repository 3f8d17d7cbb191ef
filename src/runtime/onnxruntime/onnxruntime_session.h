#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/model_card.h"
#include "runtime/onnxruntime/api.h"
#include "runtime/onnxruntime/pixels.h"
#include "runtime/session.h"

namespace doclayout::runtime {

/// What all sessions of an engine share. Immutable; ONNX Runtime's own session may be run from any thread.
struct OnnxRuntimeModel {
  OnnxRuntimeModel(Ort::Session loaded, model::ModelCard described);

  /// An input as the graph declares it.
  struct Input {
    std::string name;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  };

  mutable Ort::Session session;
  model::ModelCard card;
  PixelTable pixels;
  std::vector<Input> inputs;
  std::vector<std::string> outputs;
};

/// As `Session` says. The constructor throws `Ort::Exception`, and `std::runtime_error` for an input that the card does
/// not name or that is neither float32 nor float16.
class OnnxRuntimeSession final : public Session {
 public:
  OnnxRuntimeSession(std::shared_ptr<const OnnxRuntimeModel> model, int batch);

  int batch() const override { return batch_; }
  std::span<std::uint8_t> image(int index) override;
  void SetScaleFactor(int index, float y, float x) override;
  Result<std::span<const TensorView>> Run() override;

 private:
  /// Memory of an input, of one type or the other.
  struct Buffer {
    std::vector<float> floats;
    std::vector<std::uint16_t> halves;
  };

  /// An output as it is shown: the runtime's tensor, or what it was converted to.
  struct Output {
    Ort::Value value{nullptr};
    std::vector<std::uint8_t> converted;
  };

  void AddInput(const OnnxRuntimeModel::Input& input);
  void FillPixels();
  void FillScaleFactors();
  void Show(std::size_t index, Ort::Value value);

  const std::shared_ptr<const OnnxRuntimeModel> model_;
  const int batch_;
  std::vector<std::uint8_t> images_;
  std::vector<float> scale_factors_;  ///< two a page
  std::vector<std::unique_ptr<Buffer>> buffers_;
  Buffer* pixels_ = nullptr;
  Buffer* factors_ = nullptr;  ///< null: the model takes none
  std::vector<Ort::Value> inputs_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;
  std::vector<Output> outputs_;
  std::vector<TensorView> views_;
};

}  // namespace doclayout::runtime
