#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::model {

/// `onnx.TensorProto.DataType`, as far as it is asked for.
namespace element_type {
constexpr int kFloat32 = 1;
constexpr int kUint8 = 2;
constexpr int kInt8 = 3;
constexpr int kInt32 = 6;
constexpr int kInt64 = 7;
constexpr int kBool = 9;
constexpr int kFloat16 = 10;
}  // namespace element_type

/// "float32"; "other" for types that are not asked for. Thread-safe, as all here.
std::string_view ElementTypeName(int type);

/// An input or output of a graph as its file declares it.
struct GraphPort {
  std::string name;
  int element_type = 0;             ///< one of the above, or another
  std::vector<std::int64_t> shape;  ///< -1 where the file leaves a dimension open
  bool has_shape = true;            ///< false: the file does not even say how many dimensions there are

  friend bool operator==(const GraphPort&, const GraphPort&) = default;
};

/// A file beside the graph that holds weights of it.
struct ExternalFile {
  std::string location;     ///< as the graph names it: not checked, it may be anything
  std::uint64_t bytes = 0;  ///< that the graph reads: the file has at least as many

  friend bool operator==(const ExternalFile&, const ExternalFile&) = default;
};

/// What can be said of an ONNX file without its weights.
struct OnnxHeader {
  std::int64_t opset = 0;  ///< of the default domain
  std::string producer;
  std::vector<GraphPort> inputs;  ///< without those that are weights
  std::vector<GraphPort> outputs;
  std::map<std::string, std::string> metadata;
  std::vector<ExternalFile> external_files;  ///< each once, in order of their locations
};

/// Walks the file's protobuf fields (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) and skips the weights, so
/// that a file of any size costs milliseconds and no memory. Thread-safe. `kBadModel` for bytes that are not an ONNX
/// model, and for a file that ends early: every length in it is checked against what is there.
Result<OnnxHeader> ReadOnnxHeader(std::span<const std::uint8_t> bytes);

/// "image float32 [1,3,800,608]": for messages. A shape that is not declared is "[...]".
std::string Describe(const GraphPort& port);

/// "image float32 [?,3,800,800], scale_factor float32 [?,2]".
std::string Describe(const std::vector<GraphPort>& ports);

}  // namespace doclayout::model
