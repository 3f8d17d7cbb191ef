#include "preprocess/preprocess.h"

#include <fmt/format.h>

#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace doclayout::preprocess {

std::size_t InputBytes(const model::InputContract& contract) {
  return static_cast<std::size_t>(contract.width) * static_cast<std::size_t>(contract.height) * Image::kChannels;
}

Result<void> FillInput(const Image& image, const model::InputContract& contract, std::span<std::uint8_t> input) {
  if (image.empty() || input.size() != InputBytes(contract)) std::abort();
  try {
    // OpenCV takes a mutable pointer also for what it only reads.
    const cv::Mat source(image.height(), image.width(), CV_8UC3, const_cast<std::uint8_t*>(image.row(0)));
    cv::Mat target(contract.height, contract.width, CV_8UC3, input.data());
    const std::uint8_t* const before = target.data;
    // The card's numbers are OpenCV's.
    cv::resize(source, target, target.size(), 0, 0, static_cast<int>(contract.interpolation));
    if (target.data != before) std::abort();  // OpenCV allocated instead of writing to the input.
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, fmt::format("resizing the page failed: {}", error.what()));
  }
  return {};
}

}  // namespace doclayout::preprocess
