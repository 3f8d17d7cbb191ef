#include "model_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <variant>

#include "progress.h"
#include "terminal_text.h"

namespace doclayout {
namespace {

using Json = nlohmann::ordered_json;

struct Contract {
  std::string_view operator()(const model::PicoDetOutputs& /*outputs*/) const { return "picodet"; }
  std::string_view operator()(const model::DetectionOutputs& outputs) const {
    return outputs.masks ? "paddle, with masks" : "paddle";
  }
  std::string_view operator()(const model::QueryOutputs& /*outputs*/) const { return "transformers"; }
};

std::string_view ContractOf(const model::ModelCard& card) {
  return std::visit(Contract{}, card.outputs);
}

std::string_view ChannelsOf(const model::InputContract& input) {
  return input.channels == model::ChannelOrder::kRedGreenBlue ? "RGB" : "BGR";
}

std::string_view InterpolationOf(const model::InputContract& input) {
  constexpr std::array<std::string_view, 5> kNames{"nearest", "linear", "cubic", "area", "lanczos4"};
  return kNames.at(static_cast<std::size_t>(input.interpolation));
}

/// Of the graph's file and of those with its weights.
std::uint64_t BytesOf(const model::ModelFile& file) {
  std::uint64_t bytes = file.bytes().size();
  for (const std::filesystem::path& path : file.external_files()) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (!error) bytes += size;
  }
  return bytes;
}

std::string PathOf(const model::ModelFile& file) {
  return file.path().empty() ? "in the program" : file.path().string();
}

/// "name:      value" and, for a list, its further values below.
void AddLine(std::string& text, std::string_view name, std::string_view value) {
  constexpr int kNameColumns = 10;
  text += fmt::format("{:<{}} {}\n", name.empty() ? "" : fmt::format("{}:", name), kNameColumns, Printable(value));
}

void AddPorts(std::string& text, std::string_view name, const std::vector<model::GraphPort>& ports) {
  for (std::size_t i = 0; i < ports.size(); ++i) AddLine(text, i == 0 ? name : "", model::Describe(ports[i]));
}

Json PortsToJson(const std::vector<model::GraphPort>& ports) {
  Json list = Json::array();
  for (const model::GraphPort& port : ports) {
    Json shape = port.has_shape ? Json::array() : Json(nullptr);
    for (const std::int64_t size : port.shape) shape.push_back(size < 0 ? Json(nullptr) : Json(size));
    list.push_back(
        {{"name", port.name}, {"type", model::ElementTypeName(port.element_type)}, {"shape", std::move(shape)}});
  }
  return list;
}

}  // namespace

std::string ModelInfoText(const model::ModelFile& file) {
  const model::ModelCard& card = file.card();
  const model::InputContract& input = card.input;
  std::string text;
  AddLine(text, "name", card.name);
  AddLine(text, "family", model::FamilyName(card.family));
  AddLine(text, "contract", ContractOf(card));
  AddLine(text, "file", PathOf(file));
  for (const auto& path : file.external_files()) AddLine(text, "weights", path.string());
  AddLine(text, "size", fmt::format("{} ({} bytes)", MebibytesText(BytesOf(file)), BytesOf(file)));
  AddLine(text, "sha256", card.sha256);
  AddLine(text, "opset", fmt::format("{}", file.header().opset));
  AddLine(text, "producer", file.header().producer);
  AddPorts(text, "inputs", file.header().inputs);
  AddPorts(text, "outputs", file.header().outputs);
  AddLine(text, "pages",
          fmt::format("resized to {}x{} ({}), {}, mean {}, deviation {}, {}", input.width, input.height,
                      InterpolationOf(input), ChannelsOf(input), input.mean, input.deviation,
                      input.any_batch ? "batches of any size" : "one at a time"));
  if (card.defaults.threshold) AddLine(text, "threshold", fmt::format("{}", *card.defaults.threshold));
  for (std::size_t i = 0; i < card.labels.size(); ++i) {
    AddLine(text, i == 0 ? "labels" : "", fmt::format("{:>2} {}", i, card.labels[i]));
  }
  return text;
}

std::string ModelInfoJson(const model::ModelFile& file) {
  const model::ModelCard& card = file.card();
  const model::InputContract& input = card.input;
  Json json;
  json["name"] = card.name;
  json["family"] = model::FamilyName(card.family);
  json["contract"] = ContractOf(card);
  json["path"] = file.path().empty() ? Json(nullptr) : Json(file.path().string());
  json["weights"] = Json::array();
  for (const auto& path : file.external_files()) json["weights"].push_back(path.string());
  json["bytes"] = BytesOf(file);
  json["sha256"] = card.sha256;
  json["opset"] = file.header().opset;
  json["producer"] = file.header().producer;
  json["inputs"] = PortsToJson(file.header().inputs);
  json["outputs"] = PortsToJson(file.header().outputs);
  json["page"] = {{"width", input.width},
                  {"height", input.height},
                  {"channels", ChannelsOf(input)},
                  {"interpolation", InterpolationOf(input)},
                  {"mean", input.mean},
                  {"deviation", input.deviation},
                  {"any_batch", input.any_batch}};
  json["threshold"] = card.defaults.threshold ? Json(*card.defaults.threshold) : Json(nullptr);
  json["labels"] = card.labels;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace doclayout
