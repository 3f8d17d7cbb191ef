#include "model/onnx_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace doclayout::model {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

/// A length-delimited field's bytes, still inside the file.
using Bytes = std::span<const std::uint8_t>;

/// Field numbers of onnx.proto.
namespace field {
constexpr int kModelProducerName = 2;
constexpr int kModelGraph = 7;
constexpr int kModelOpsetImport = 8;
constexpr int kModelMetadata = 14;
constexpr int kGraphNode = 1;
constexpr int kGraphInitializer = 5;
constexpr int kGraphInput = 11;
constexpr int kGraphOutput = 12;
constexpr int kNodeAttribute = 5;
constexpr int kAttributeTensor = 5;
constexpr int kAttributeGraph = 6;
constexpr int kAttributeTensors = 10;
constexpr int kAttributeGraphs = 11;
constexpr int kTensorName = 8;
constexpr int kTensorExternalData = 13;
constexpr int kTensorDataLocation = 14;
constexpr int kOpsetDomain = 1;
constexpr int kOpsetVersion = 2;
constexpr int kEntryKey = 1;
constexpr int kEntryValue = 2;
constexpr int kValueName = 1;
constexpr int kValueType = 2;
constexpr int kTypeTensor = 1;
constexpr int kTensorElementType = 1;
constexpr int kTensorShape = 2;
constexpr int kShapeDimension = 1;
constexpr int kDimensionValue = 1;
}  // namespace field

/// Calls `on_field(number, bytes, varint)` for every field of a message, which is no longer than an int counts; false
/// when the message is broken.
template <typename OnField>
bool ForEachField(Bytes message, OnField&& on_field) {
  CodedInputStream stream(message.data(), static_cast<int>(message.size()));
  stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
  while (stream.CurrentPosition() < static_cast<int>(message.size())) {
    const std::uint32_t tag = stream.ReadTag();
    if (tag == 0) return false;
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT: {
        std::uint64_t value = 0;
        if (!stream.ReadVarint64(&value)) return false;
        if (!on_field(number, Bytes{}, value)) return false;
        break;
      }
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
        std::uint32_t length = 0;
        if (!stream.ReadVarint32(&length)) return false;
        const auto start = static_cast<std::size_t>(stream.CurrentPosition());
        if (length > message.size() - start || !stream.Skip(static_cast<int>(length))) return false;
        if (!on_field(number, message.subspan(start, length), 0)) return false;
        break;
      }
      case WireFormatLite::WIRETYPE_FIXED64:
        if (!stream.Skip(8)) return false;
        break;
      case WireFormatLite::WIRETYPE_FIXED32:
        if (!stream.Skip(4)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

std::string Text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool ReadShape(Bytes message, std::vector<std::int64_t>& shape) {
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    if (number != field::kShapeDimension) return true;
    std::int64_t size = -1;
    const bool good = ForEachField(bytes, [&](int inner, Bytes, std::uint64_t value) {
      if (inner == field::kDimensionValue) size = static_cast<std::int64_t>(value);
      return true;
    });
    shape.push_back(size > 0 ? size : -1);
    return good;
  });
}

bool ReadPort(Bytes message, GraphPort& port) {
  port.has_shape = false;
  const auto tensor = [&](int number, Bytes bytes, std::uint64_t value) {
    if (number == field::kTensorElementType) port.element_type = static_cast<int>(value);
    port.has_shape = port.has_shape || number == field::kTensorShape;
    return number != field::kTensorShape || ReadShape(bytes, port.shape);
  };
  const auto type = [&](int number, Bytes bytes, std::uint64_t) {
    return number != field::kTypeTensor || ForEachField(bytes, tensor);
  };
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    if (number == field::kValueName) port.name = Text(bytes);
    return number != field::kValueType || ForEachField(bytes, type);
  });
}

struct Entry {
  std::string key;
  std::string value;
};

/// A `StringStringEntryProto`.
bool ReadEntry(Bytes message, Entry& entry) {
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    if (number == field::kEntryKey) entry.key = Text(bytes);
    if (number == field::kEntryValue) entry.value = Text(bytes);
    return true;
  });
}

/// 0 for what is no number; the runtime that reads the weights judges it.
std::uint64_t NumberOf(const std::string& text) {
  std::uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() ? number : 0;
}

/// Location and how far into the file tensors reach. A map: each file once, in order.
using ExternalFiles = std::map<std::string, std::uint64_t>;

struct TensorHead {
  std::string name;
  bool external = false;
  std::vector<Entry> entries;
};

bool ReadTensor(Bytes message, TensorHead& tensor) {
  constexpr std::uint64_t kExternal = 1;
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t value) {
    if (number == field::kTensorName) tensor.name = Text(bytes);
    if (number == field::kTensorDataLocation) tensor.external = value == kExternal;
    return number != field::kTensorExternalData || ReadEntry(bytes, tensor.entries.emplace_back());
  });
}

void CollectExternal(const TensorHead& tensor, ExternalFiles& files) {
  if (!tensor.external) return;
  std::string location;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  for (const Entry& entry : tensor.entries) {
    if (entry.key == "location") location = entry.value;
    if (entry.key == "offset") offset = NumberOf(entry.value);
    if (entry.key == "length") length = NumberOf(entry.value);
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t& reach = files[location];
  reach = std::max(reach, offset > kMost - length ? kMost : offset + length);
}

/// Deeper than exporters nest the branches of an If or the body of a Loop.
constexpr int kMostGraphsNested = 16;

bool CollectFromGraph(Bytes message, int depth, ExternalFiles& files);

/// Of tensors that a node carries (Constant), and of the graphs in it (If, Loop, Scan).
bool CollectFromNode(Bytes message, int depth, ExternalFiles& files) {
  const auto attribute = [&](int number, Bytes bytes, std::uint64_t) {
    if (number == field::kAttributeTensor || number == field::kAttributeTensors) {
      TensorHead tensor;
      if (!ReadTensor(bytes, tensor)) return false;
      CollectExternal(tensor, files);
    }
    if (number == field::kAttributeGraph || number == field::kAttributeGraphs) {
      return CollectFromGraph(bytes, depth + 1, files);
    }
    return true;
  };
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    return number != field::kNodeAttribute || ForEachField(bytes, attribute);
  });
}

bool CollectFromGraph(Bytes message, int depth, ExternalFiles& files) {
  if (depth > kMostGraphsNested) return false;
  return ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    if (number == field::kGraphNode) return CollectFromNode(bytes, depth, files);
    if (number != field::kGraphInitializer) return true;
    TensorHead tensor;
    if (!ReadTensor(bytes, tensor)) return false;
    CollectExternal(tensor, files);
    return true;
  });
}

bool ReadGraph(Bytes message, OnnxHeader& header) {
  std::set<std::string> weights;
  ExternalFiles files;
  const bool good = ForEachField(message, [&](int number, Bytes bytes, std::uint64_t) {
    switch (number) {
      case field::kGraphNode:
        return CollectFromNode(bytes, 0, files);
      case field::kGraphInitializer: {
        TensorHead tensor;
        if (!ReadTensor(bytes, tensor)) return false;
        CollectExternal(tensor, files);
        weights.insert(std::move(tensor.name));
        return true;
      }
      case field::kGraphInput:
        return ReadPort(bytes, header.inputs.emplace_back());
      case field::kGraphOutput:
        return ReadPort(bytes, header.outputs.emplace_back());
      default:
        return true;
    }
  });
  // Files of the first IR versions list weights among the inputs.
  std::erase_if(header.inputs, [&](const GraphPort& port) { return weights.contains(port.name); });
  header.external_files.clear();
  for (const auto& [location, bytes] : files) header.external_files.push_back({location, bytes});
  return good;
}

bool ReadOpset(Bytes message, OnnxHeader& header) {
  std::string domain;
  std::int64_t version = 0;
  const bool good = ForEachField(message, [&](int number, Bytes bytes, std::uint64_t value) {
    if (number == field::kOpsetDomain) domain = Text(bytes);
    if (number == field::kOpsetVersion) version = static_cast<std::int64_t>(value);
    return true;
  });
  if (domain.empty() || domain == "ai.onnx") header.opset = version;
  return good;
}

bool ReadMetadata(Bytes message, OnnxHeader& header) {
  Entry entry;
  const bool good = ReadEntry(message, entry);
  header.metadata[entry.key] = std::move(entry.value);
  return good;
}

/// ir_version (a small varint), then one of the fields that may follow it.
bool BeginsLikeOnnx(Bytes bytes) {
  constexpr std::string_view kNextTags = "\x12\x1a\x22\x28\x32\x3a\x42";
  return bytes.size() > 2 && bytes[0] == 0x08 && bytes[1] < 32 &&
         kNextTags.find(static_cast<char>(bytes[2])) != std::string_view::npos;
}

}  // namespace

std::string_view ElementTypeName(int type) {
  switch (type) {
    case element_type::kFloat32:
      return "float32";
    case element_type::kUint8:
      return "uint8";
    case element_type::kInt8:
      return "int8";
    case element_type::kInt32:
      return "int32";
    case element_type::kInt64:
      return "int64";
    case element_type::kBool:
      return "bool";
    case element_type::kFloat16:
      return "float16";
    default:
      return "other";
  }
}

Result<OnnxHeader> ReadOnnxHeader(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return Fail(ErrorCode::kBadModel, "the model file is empty");
  constexpr std::size_t kMostBytes = std::numeric_limits<int>::max();
  if (bytes.size() > kMostBytes) {
    return Fail(ErrorCode::kBadModel,
                fmt::format("the model file has {} bytes; an ONNX file, a protobuf message, has at most {}",
                            bytes.size(), kMostBytes));
  }
  OnnxHeader header;
  bool graph_found = false;
  bool opset_found = false;
  const bool good = ForEachField(bytes, [&](int number, Bytes message, std::uint64_t) {
    switch (number) {
      case field::kModelProducerName:
        header.producer = Text(message);
        return true;
      case field::kModelGraph:
        graph_found = true;
        return ReadGraph(message, header);
      case field::kModelOpsetImport:
        opset_found = true;
        return ReadOpset(message, header);
      case field::kModelMetadata:
        return ReadMetadata(message, header);
      default:
        return true;
    }
  });
  if (!good) {
    // A file that is cut off has lost the end of its graph, and still begins as every exporter's files do.
    const bool looks_like_onnx = BeginsLikeOnnx(bytes);
    return Fail(ErrorCode::kBadModel,
                looks_like_onnx || graph_found
                    ? "the model file is truncated or damaged: its fields do not end where the file does"
                    : "the model file is not an ONNX model");
  }
  if (!graph_found || !opset_found || header.outputs.empty()) {
    return Fail(ErrorCode::kBadModel, "the model file is not an ONNX model: it holds no graph with outputs");
  }
  return header;
}

std::string Describe(const GraphPort& port) {
  if (!port.has_shape) return fmt::format("{} {} [...]", port.name, ElementTypeName(port.element_type));
  std::vector<std::string> sizes;
  for (std::int64_t size : port.shape) sizes.push_back(size < 0 ? "?" : fmt::format("{}", size));
  return fmt::format("{} {} [{}]", port.name, ElementTypeName(port.element_type), fmt::join(sizes, ","));
}

std::string Describe(const std::vector<GraphPort>& ports) {
  std::vector<std::string> texts;
  for (const GraphPort& port : ports) texts.push_back(Describe(port));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace doclayout::model
