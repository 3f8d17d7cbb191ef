// That the V3 network carries work that no output needs, and that leaving it out changes no bit.
#include <gtest/gtest.h>

#include <openvino/openvino.hpp>
#include <vector>

#include "model/model_file.h"
#include "runtime/openvino/graph.h"
#include "runtime/openvino/narrow_stacks.h"
#include "runtime/outputs.h"
#include "v3/model_files.h"

namespace doclayout::runtime {
namespace {

/// Products of matrices: what the heads of the layers are made of.
std::size_t Products(const ov::Model& graph) {
  std::size_t products = 0;
  for (const auto& node : graph.get_ordered_ops()) products += node->get_type_name() == std::string("MatMul") ? 1 : 0;
  return products;
}

std::vector<std::vector<std::uint8_t>> Infer(ov::Core& core, const std::shared_ptr<ov::Model>& graph,
                                             const model::ModelCard& card) {
  auto request =
      core.compile_model(PrepareGraph(graph, card, 1), "CPU", ov::hint::inference_precision(ov::element::f32))
          .create_infer_request();
  ov::Tensor pixels = request.get_tensor(card.input.name);
  for (std::size_t i = 0; i < pixels.get_size(); ++i) {
    pixels.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i / 97 % 13 * 19);
  }
  request.get_tensor(card.input.scale_factor).data<float>()[0] = 1;
  request.get_tensor(card.input.scale_factor).data<float>()[1] = 1;
  request.infer();
  std::vector<std::vector<std::uint8_t>> outputs;
  for (std::size_t i = 0; i < request.get_compiled_model().outputs().size(); ++i) {
    const ov::Tensor output = request.get_output_tensor(i);
    const auto* data = static_cast<const std::uint8_t*>(output.data());
    outputs.emplace_back(data, data + output.get_byte_size());
  }
  return outputs;
}

TEST(V3Graph, FiveOfSixLayersHeadsAreLeftOutAndNoBitChanges) {
  const auto files = v3::WriteModelFiles(DOCLAYOUT_V3_FOLDER);
  ASSERT_TRUE(files) << files.error().message;
  const auto file = model::ModelFile::Load(files->official);
  ASSERT_TRUE(file) << file.error().message;
  ov::Core core;
  const auto whole = core.read_model(file->path());
  const auto narrowed = core.read_model(file->path());

  EXPECT_EQ(NarrowStacks(*narrowed), 4);

  EXPECT_LT(Products(*narrowed), Products(*whole));
  EXPECT_EQ(NarrowStacks(*narrowed), 0);
  const auto before = Infer(core, whole, file->card());
  EXPECT_EQ(Infer(core, narrowed, file->card()), before);
}

TEST(V3Graph, TheOtherContractCarriesTheSameWork) {
  const auto files = v3::WriteModelFiles(DOCLAYOUT_V3_FOLDER);
  ASSERT_TRUE(files) << files.error().message;
  ov::Core core;
  const auto graph = core.read_model(files->transformers);

  EXPECT_EQ(NarrowStacks(*graph), 4);
}

TEST(V3Graph, TheEmbeddedModelCarriesNone) {
  const auto file = model::ModelFile::Embedded();
  ov::Core core;
  const auto graph = core.read_model(std::string(file.bytes().begin(), file.bytes().end()), ov::Tensor());

  EXPECT_EQ(NarrowStacks(*graph), 0);
}

}  // namespace
}  // namespace doclayout::runtime
