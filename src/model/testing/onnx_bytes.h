#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace doclayout::model::testing {

/// Builds ONNX files field by field, for what no exporter writes. Lengths below 2^28.
class OnnxBytes {
 public:
  OnnxBytes& Number(int field, std::uint64_t value) {
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }

  OnnxBytes& Field(int field, std::string_view content) {
    Varint(static_cast<std::uint64_t>(field) << 3 | 2);
    Varint(content.size());
    bytes_ += content;
    return *this;
  }

  OnnxBytes& Field(int field, const OnnxBytes& content) { return Field(field, std::string_view(content.bytes_)); }

  std::vector<std::uint8_t> Take() const { return {bytes_.begin(), bytes_.end()}; }
  const std::string& text() const { return bytes_; }

 private:
  void Varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) bytes_ += static_cast<char>((value & 127) | 128);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// A tensor with its bytes in a file of that name.
inline OnnxBytes ExternalTensor(std::string_view location, std::string_view offset, std::string_view length) {
  const auto entry = [](std::string_view key, std::string_view value) {
    return OnnxBytes().Field(1, key).Field(2, value);
  };
  return OnnxBytes()
      .Field(8, "weight")
      .Field(13, entry("location", location))
      .Field(13, entry("offset", offset))
      .Field(13, entry("length", length))
      .Number(14, 1);
}

/// A model with that graph and one output.
inline OnnxBytes ModelWithGraph(OnnxBytes graph) {
  graph.Field(12, OnnxBytes().Field(1, "out"));
  return OnnxBytes().Number(1, 8).Field(7, graph).Field(8, OnnxBytes().Number(2, 17));
}

}  // namespace doclayout::model::testing
