#include "runtime/onnxruntime/pixels.h"

#include "runtime/onnxruntime/half.h"

namespace doclayout::runtime {

PixelTable::PixelTable(const model::InputContract& contract) {
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t source = contract.channels == model::ChannelOrder::kRedGreenBlue ? 2 - channel : channel;
    floats_[channel].source = source;
    halves_[channel].source = source;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const float scaled = static_cast<float>(byte) / 255.0F;
      floats_[channel].values[byte] = (scaled - contract.mean[channel]) / contract.deviation[channel];
      halves_[channel].values[byte] = FloatToHalf(floats_[channel].values[byte]);
    }
  }
}

template <typename T>
void PixelTable::FillPlanes(const std::array<Channel<T>, 3>& channels, std::span<const std::uint8_t> pixels,
                            std::span<T> planes) {
  const std::size_t count = pixels.size() / 3;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::uint8_t* source = pixels.data() + channels[channel].source;
    const T* values = channels[channel].values.data();
    T* plane = planes.data() + channel * count;
    for (std::size_t i = 0; i < count; ++i) plane[i] = values[source[3 * i]];
  }
}

void PixelTable::Fill(std::span<const std::uint8_t> pixels, std::span<float> planes) const {
  FillPlanes(floats_, pixels, planes);
}

void PixelTable::Fill(std::span<const std::uint8_t> pixels, std::span<std::uint16_t> planes) const {
  FillPlanes(halves_, pixels, planes);
}

}  // namespace doclayout::runtime
