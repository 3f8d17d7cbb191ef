#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace doclayout::model {

/// An input or output of a graph as its file declares it.
struct GraphPort {
  std::string name;
  int element_type = 0;             ///< `onnx.TensorProto.DataType`: 1 float32, 10 float16, …
  std::vector<std::int64_t> shape;  ///< -1 where the file leaves a dimension open

  friend bool operator==(const GraphPort&, const GraphPort&) = default;
};

/// What can be said of an ONNX file without its weights.
struct OnnxHeader {
  std::int64_t opset = 0;  ///< of the default domain
  std::string producer;
  std::vector<GraphPort> inputs;  ///< without those that are weights
  std::vector<GraphPort> outputs;
  std::map<std::string, std::string> metadata;
};

/// Walks the file's protobuf fields (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) and skips the weights, so
/// that a file of any size costs microseconds and no memory. Thread-safe. `kBadModel` for bytes that are not an ONNX
/// model, and for a file that ends early: every length in it is checked against what is there.
Result<OnnxHeader> ReadOnnxHeader(std::span<const std::uint8_t> bytes);

/// "image float32 [1,3,800,608]": for messages.
std::string Describe(const GraphPort& port);

}  // namespace doclayout::model
