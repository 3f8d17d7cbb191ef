#include "runtime/openvino/openvino_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <opencv2/core.hpp>
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

/// [batch, 3, height, width], where other graphs have [batch, height, width, 3].
bool IsPlanar(const ov::Shape& shape) {
  return shape.back() != 3;
}

}  // namespace

OpenVinoSession::OpenVinoSession(ov::InferRequest request, const model::ModelCard& card,
                                 std::vector<std::string> output_names)
    : request_(std::move(request)), output_names_(std::move(output_names)), input_(card.input) {
  ov::Tensor pixels = request_.get_tensor(card.input.name);
  batch_ = static_cast<int>(pixels.get_shape()[0]);
  pixels_ = {pixels.data<std::uint8_t>(), pixels.get_byte_size()};
  if (IsPlanar(pixels.get_shape())) {
    planes_ = pixels_;
    interleaved_.resize(planes_.size());
    pixels_ = interleaved_;
  }
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

void OpenVinoSession::FillPlanes() {
  const std::size_t size = static_cast<std::size_t>(input_.height) * static_cast<std::size_t>(input_.width);
  for (std::size_t page = 0; page < static_cast<std::size_t>(batch_); ++page) {
    std::array<cv::Mat, 3> planes;
    for (std::size_t i = 0; i < planes.size(); ++i) {
      const std::size_t place = input_.channels == model::ChannelOrder::kRedGreenBlue ? 2 - i : i;
      planes[i] = cv::Mat(input_.height, input_.width, CV_8UC1, planes_.subspan((3 * page + place) * size).data());
    }
    cv::split(cv::Mat(input_.height, input_.width, CV_8UC3, pixels_.subspan(3 * page * size).data()), planes.data());
  }
}

Result<std::span<const TensorView>> OpenVinoSession::Run() {
  try {
    if (!planes_.empty()) FillPlanes();
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
