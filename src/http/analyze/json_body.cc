#include "http/analyze/json_body.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

constexpr std::string_view kExpected = R"(expected is {"image": "<base64>"})";

/// The names are nlohmann's. Each event returns whether parsing goes on.
class ImageReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return NotText("null"); }
  bool boolean(bool) override { return NotText("a boolean"); }
  bool number_integer(number_integer_t) override { return NotText("a number"); }
  bool number_unsigned(number_unsigned_t) override { return NotText("a number"); }
  bool number_float(number_float_t, const string_t&) override { return NotText("a number"); }
  bool binary(binary_t&) override { return NotText("binary"); }
  bool start_array(std::size_t) override { return NotText("an array"); }
  bool end_array() override { return true; }
  bool end_object() override { return true; }

  bool start_object(std::size_t) override {
    if (in_object_) return NotText("an object");
    in_object_ = true;
    return true;
  }

  bool key(string_t& name) override {
    if (name != "image") return Refuse(fmt::format("the JSON body has the key {}", Quoted(name)));
    if (image_) return Refuse("the JSON body has the key 'image' twice");
    return true;
  }

  bool string(string_t& text) override {
    if (!in_object_) return NotText("a string");
    image_ = std::move(text);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return Refuse(fmt::format("the body is not valid JSON at byte {}", position));
  }

  Result<std::string> Take() && {
    if (problem_) return Fail(ErrorCode::kBadRequest, fmt::format("{}; {}", *problem_, kExpected));
    if (!image_) return Fail(ErrorCode::kBadRequest, fmt::format("the JSON body has no key 'image'; {}", kExpected));
    return std::move(*image_);
  }

 private:
  bool NotText(std::string_view what) {
    return Refuse(in_object_ ? fmt::format("the value of 'image' is {}", what)
                             : fmt::format("the JSON body is {}", what));
  }

  bool Refuse(std::string problem) {
    if (!problem_) problem_ = std::move(problem);
    return false;
  }

  bool in_object_ = false;
  std::optional<std::string> image_;
  std::optional<std::string> problem_;
};

}  // namespace

Result<std::string> ParseJsonBody(std::string_view body) {
  ImageReader reader;
  nlohmann::json::sax_parse(body.begin(), body.end(), &reader);
  return std::move(reader).Take();
}

}  // namespace doclayout::http
