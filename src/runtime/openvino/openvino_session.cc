#include "runtime/openvino/openvino_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace doclayout::runtime {
namespace {

ElementType TypeOf(const ov::Tensor& tensor) {
  const ov::element::Type type = tensor.get_element_type();
  if (type == ov::element::f32) return ElementType::kFloat32;
  if (type == ov::element::i32) return ElementType::kInt32;
  if (type == ov::element::u8) return ElementType::kUint8;
  throw std::runtime_error("an output is of type " + type.to_string());
}

}  // namespace

OpenVinoSession::OpenVinoSession(ov::InferRequest request, const model::ModelCard& card,
                                 std::vector<std::string> output_names)
    : request_(std::move(request)), output_names_(std::move(output_names)) {
  ov::Tensor pixels = request_.get_tensor(card.input.name);
  batch_ = static_cast<int>(pixels.get_shape()[0]);
  pixels_ = {pixels.data<std::uint8_t>(), pixels.get_byte_size()};
  if (!card.input.scale_factor.empty()) {
    ov::Tensor factors = request_.get_tensor(card.input.scale_factor);
    scale_factors_ = {factors.data<float>(), factors.get_size()};
    std::ranges::fill(scale_factors_, 1.0F);
  }
  outputs_.resize(output_names_.size());
  views_.resize(output_names_.size());
}

std::span<std::uint8_t> OpenVinoSession::image(int index) {
  const std::size_t size = pixels_.size() / static_cast<std::size_t>(batch_);
  return pixels_.subspan(static_cast<std::size_t>(index) * size, size);
}

void OpenVinoSession::SetScaleFactor(int index, float y, float x) {
  if (scale_factors_.empty()) return;
  const auto factors = scale_factors_.subspan(static_cast<std::size_t>(index) * 2, 2);
  factors[0] = y;
  factors[1] = x;
}

Result<std::span<const TensorView>> OpenVinoSession::Run() {
  try {
    request_.infer();
    for (std::size_t i = 0; i < views_.size(); ++i) {
      outputs_[i] = request_.get_output_tensor(i);
      // Asked for once: where the number of rows depends on the page, each call gives a shape of its own.
      const ov::Shape shape = outputs_[i].get_shape();
      views_[i] = {.name = output_names_[i],
                   .type = TypeOf(outputs_[i]),
                   .shape = {shape.begin(), shape.end()},
                   .data = std::as_const(outputs_[i]).data()};
    }
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("inference failed: {}", error.what()));
  }
  return views_;
}

}  // namespace doclayout::runtime
