#include "runtime/onnxruntime/onnxruntime_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

#include "runtime/onnxruntime/convert.h"
#include "runtime/onnxruntime/half.h"
#include "runtime/outputs.h"

namespace doclayout::runtime {

OnnxRuntimeModel::OnnxRuntimeModel(Ort::Session loaded, model::ModelCard described)
    : session(std::move(loaded)), card(std::move(described)), pixels(card.input) {
  const Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    inputs.push_back({.name = session.GetInputNameAllocated(i, allocator).get(),
                      .type = session.GetInputTypeInfo(i).GetTensorTypeAndShapeInfo().GetElementType()});
  }
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    outputs.emplace_back(session.GetOutputNameAllocated(i, allocator).get());
  }
}

OnnxRuntimeSession::OnnxRuntimeSession(std::shared_ptr<const OnnxRuntimeModel> model, int batch)
    : model_(std::move(model)),
      batch_(batch),
      images_(static_cast<std::size_t>(batch) * static_cast<std::size_t>(model_->card.input.height) *
              static_cast<std::size_t>(model_->card.input.width) * 3),
      scale_factors_(static_cast<std::size_t>(batch) * 2, 1.0F) {
  for (const OnnxRuntimeModel::Input& input : model_->inputs) AddInput(input);
  for (const std::string& name : model_->outputs) output_names_.push_back(name.c_str());
  outputs_.resize(output_names_.size());
  views_.resize(output_names_.size());
}

void OnnxRuntimeSession::AddInput(const OnnxRuntimeModel::Input& input) {
  const model::InputContract& contract = model_->card.input;
  const bool is_pixels = input.name == contract.name;
  if (!is_pixels && input.name != contract.im_shape && input.name != contract.scale_factor) {
    throw std::runtime_error(fmt::format("the graph has an input '{}' that is not known", input.name));
  }
  Buffer& buffer = *buffers_.emplace_back(std::make_unique<Buffer>());
  std::vector<std::int64_t> shape{batch_, 2};
  if (is_pixels) {
    shape = {batch_, 3, contract.height, contract.width};
    pixels_ = &buffer;
  } else if (input.name == contract.scale_factor) {
    factors_ = &buffer;
  }
  const std::size_t count = is_pixels ? images_.size() : scale_factors_.size();
  // The same for every page: height and width of what it is resized to.
  const std::array<float, 2> fixed{static_cast<float>(contract.height), static_cast<float>(contract.width)};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  if (input.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
    buffer.floats.resize(count);
    for (std::size_t i = 0; !is_pixels && i < count; ++i) buffer.floats[i] = fixed[i % 2];
    inputs_.push_back(Ort::Value::CreateTensor<float>(memory, buffer.floats.data(), count, shape.data(), shape.size()));
  } else if (input.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) {
    buffer.halves.resize(count);
    for (std::size_t i = 0; !is_pixels && i < count; ++i) buffer.halves[i] = FloatToHalf(fixed[i % 2]);
    inputs_.push_back(Ort::Value::CreateTensor(memory, buffer.halves.data(), count * sizeof(std::uint16_t),
                                               shape.data(), shape.size(), input.type));
  } else {
    throw std::runtime_error(fmt::format("the graph's input '{}' is neither float32 nor float16", input.name));
  }
  input_names_.push_back(input.name.c_str());
}

std::span<std::uint8_t> OnnxRuntimeSession::image(int index) {
  const std::size_t size = images_.size() / static_cast<std::size_t>(batch_);
  return std::span(images_).subspan(static_cast<std::size_t>(index) * size, size);
}

void OnnxRuntimeSession::SetScaleFactor(int index, float y, float x) {
  scale_factors_[static_cast<std::size_t>(index) * 2] = y;
  scale_factors_[static_cast<std::size_t>(index) * 2 + 1] = x;
}

void OnnxRuntimeSession::FillPixels() {
  const std::size_t size = images_.size() / static_cast<std::size_t>(batch_);
  for (int page = 0; page < batch_; ++page) {
    const std::size_t offset = static_cast<std::size_t>(page) * size;
    if (!pixels_->floats.empty()) {
      model_->pixels.Fill(image(page), std::span(pixels_->floats).subspan(offset, size));
    } else {
      model_->pixels.Fill(image(page), std::span(pixels_->halves).subspan(offset, size));
    }
  }
}

void OnnxRuntimeSession::FillScaleFactors() {
  if (!factors_->floats.empty()) {
    factors_->floats = scale_factors_;
  } else {
    std::ranges::transform(scale_factors_, factors_->halves.begin(), FloatToHalf);
  }
}

void OnnxRuntimeSession::Show(std::size_t index, Ort::Value value) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::vector<std::int64_t> shape = info.GetShape();
  const ElementType type = OutputType(model_->card, index);
  Output& output = outputs_[index];
  output.value = std::move(value);
  const bool as_it_is = IsType(info.GetElementType(), type);
  if (!as_it_is) ConvertElements(output.value, type, output.converted);
  views_[index] = {.name = output_names_[index],
                   .type = type,
                   .shape = {shape.begin(), shape.end()},
                   .data = as_it_is ? output.value.GetTensorRawData() : output.converted.data()};
}

Result<std::span<const TensorView>> OnnxRuntimeSession::Run() {
  try {
    if (pixels_ != nullptr) FillPixels();
    if (factors_ != nullptr) FillScaleFactors();
    std::vector<Ort::Value> values = model_->session.Run(Ort::RunOptions(), input_names_.data(), inputs_.data(),
                                                         inputs_.size(), output_names_.data(), output_names_.size());
    for (std::size_t i = 0; i < values.size(); ++i) Show(i, std::move(values[i]));
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("inference failed: {}", error.what()));
  }
  return views_;
}

}  // namespace doclayout::runtime
