#include "postprocess/npy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace doclayout::postprocess {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 8;

tl::unexpected<Error> Broken(std::string message) {
  return Fail(ErrorCode::kUndecodable, std::move(message));
}

/// What the header's text, a Python dictionary, holds. Missing keys stay empty.
struct HeaderText {
  std::optional<std::string> type;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;
};

/// Reads the little of Python's literals that numpy writes: one dictionary of strings, truth values and a tuple.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Result<HeaderText> Parse() {
    HeaderText header;
    if (!Take('{')) return Unreadable();
    while (!Take('}')) {
      const auto key = ReadString();
      if (!key || !Take(':')) return Unreadable();
      if (auto read = ReadValue(*key, header); !read) return Fail(std::move(read.error()));
      if (!Take(',') && Peek() != '}') return Unreadable();
    }
    if (Peek() != '\0') return Unreadable();
    return header;
  }

 private:
  static tl::unexpected<Error> Unreadable() { return Broken("its header is not the dictionary that numpy writes"); }

  /// The next character that is not white space; 0 at the end.
  char Peek() {
    const std::size_t next = rest_.find_first_not_of(" \n\t\r");
    rest_.remove_prefix(std::min(next, rest_.size()));
    return rest_.empty() ? '\0' : rest_.front();
  }

  bool Take(char wanted) {
    if (Peek() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeWord(std::string_view word) {
    Peek();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string> ReadString() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  Result<void> ReadValue(std::string_view key, HeaderText& header) {
    if (key == "descr") {
      header.type = ReadString();
      if (!header.type) return Broken("its elements are records, not numbers of one type");
    } else if (key == "fortran_order") {
      if (TakeWord("True")) {
        header.fortran_order = true;
      } else if (TakeWord("False")) {
        header.fortran_order = false;
      } else {
        return Unreadable();
      }
    } else if (key == "shape") {
      return ReadShape(header.shape.emplace());
    } else {
      return Unreadable();
    }
    return {};
  }

  Result<void> ReadShape(Shape& shape) {
    if (!Take('(')) return Unreadable();
    while (!Take(')')) {
      Peek();
      std::size_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error == std::errc::result_out_of_range) return Broken("a dimension of its shape is out of range");
      if (error != std::errc()) return Unreadable();
      if (shape.size() == kMaxRank) return Broken(fmt::format("it has more than {} dimensions", kMaxRank));
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(size);
      if (!Take(',') && Peek() != ')') return Unreadable();
    }
    return {};
  }

  std::string_view rest_;
};

Result<ElementType> ParseType(std::string_view type) {
  if (type == "<f4") return ElementType::kFloat32;
  if (type == "<i4") return ElementType::kInt32;
  if (type == "|u1" || type == "|b1") return ElementType::kUint8;
  if (type.starts_with('>')) return Broken(fmt::format("its elements are big-endian ({}); '<' is read", type));
  return Broken(fmt::format(
      "its elements are of type {}; read are float32 (<f4), int32 (<i4), uint8 (|u1) and bool (|b1)", type));
}

/// Bytes of all elements; nothing when they cannot be counted.
std::optional<std::uint64_t> CountBytes(const Shape& shape, ElementType type) {
  std::uint64_t bytes = ElementSize(type);
  if (std::ranges::find(shape, std::size_t{0}) != shape.end()) return 0;
  for (std::size_t size : shape) {
    if (size > std::numeric_limits<std::uint64_t>::max() / bytes) return std::nullopt;
    bytes *= size;
  }
  return bytes;
}

/// Where the header's text begins and ends in the file.
Result<std::pair<std::size_t, std::size_t>> LocateText(std::span<const std::uint8_t> bytes) {
  const auto magic = std::ranges::equal(bytes.first(std::min(bytes.size(), kMagic.size())), kMagic,
                                        [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
  if (!magic) return Broken("it is not a .npy file");
  const std::size_t major = bytes.size() > kMagic.size() ? bytes[kMagic.size()] : 0;
  if (major < 1 || major > 3) return Broken(fmt::format("its version is {}; 1 to 3 are read", major));
  const std::size_t length_at = kMagic.size() + 2;
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t begin = length_at + length_bytes;
  if (bytes.size() < begin) return Broken("it ends within its header");
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length |= std::size_t{bytes[length_at + i]} << (8 * i);
  if (begin + length > kMaxNpyHeader) {
    return Broken(fmt::format("its header takes {} bytes; at most {} are read", begin + length, kMaxNpyHeader));
  }
  if (begin + length > bytes.size()) return Broken("it ends within its header");
  return std::pair{begin, begin + length};
}

}  // namespace

Result<NpyHeader> ReadNpyHeader(std::span<const std::uint8_t> bytes, std::uint64_t file_size) {
  const auto place = LocateText(bytes);
  if (!place) return Fail(place.error());
  const auto [begin, end] = *place;
  auto text = HeaderParser({reinterpret_cast<const char*>(bytes.data()) + begin, end - begin}).Parse();
  if (!text) return Fail(std::move(text.error()));
  if (!text->type || !text->fortran_order || !text->shape) {
    return Broken("its header lacks 'descr', 'fortran_order' or 'shape'");
  }
  const auto type = ParseType(*text->type);
  if (!type) return Fail(type.error());
  if (*text->fortran_order) return Broken("it is in Fortran order; save it in C order (numpy.ascontiguousarray)");

  const auto data = CountBytes(*text->shape, *type);
  const std::uint64_t there = file_size - std::min<std::uint64_t>(file_size, end);
  if (!data || *data != there) {
    return Broken(fmt::format("its header claims {} bytes of elements, and {} are there",
                              data ? fmt::format("{}", *data) : "more than 2^64", there));
  }
  return NpyHeader{.type = *type, .shape = std::move(*text->shape), .data_offset = end};
}

Result<NpyArray> NpyArray::Load(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return Fail(ErrorCode::kNotFound, "it is not there");
  // A pipe would have to be waited for.
  if (!std::filesystem::is_regular_file(status)) return Fail(ErrorCode::kNotFound, "it is not a regular file");
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) {
    return Fail(ErrorCode::kNotFound, fmt::format("it cannot be read: {}", std::generic_category().message(errno)));
  }
  if (size == 0) return Broken("it is empty");
  std::vector<std::uint8_t> head(static_cast<std::size_t>(std::min<std::uint64_t>(size, kMaxNpyHeader)));
  file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  if (!file) return Fail(ErrorCode::kNotFound, "it cannot be read");
  auto header = ReadNpyHeader(head, size);
  if (!header) return Fail(std::move(header.error()));

  NpyArray array;
  array.type_ = header->type;
  array.data_ = std::make_unique_for_overwrite<std::byte[]>(header->data_bytes());
  file.seekg(static_cast<std::streamoff>(header->data_offset));
  file.read(reinterpret_cast<char*>(array.data_.get()), static_cast<std::streamsize>(header->data_bytes()));
  if (!file) return Fail(ErrorCode::kNotFound, "it cannot be read to its end");
  array.shape_ = std::move(header->shape);
  return array;
}

TensorView NpyArray::View(std::string_view name, std::size_t rank) const {
  TensorView view{.name = name, .type = type_, .shape = shape_, .data = data_.get()};
  while (view.shape.size() < rank) view.shape.insert(view.shape.begin(), 1);
  return view;
}

}  // namespace doclayout::postprocess
