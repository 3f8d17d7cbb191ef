#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "model/model_card.h"
#include "postprocess/npy_file.h"
#include "types/tensor.h"

namespace doclayout {

/// Outputs that a model once gave for one page, and what they mean. Moves only.
class RecordedOutputs {
 public:
  /// Reads the folder's `.npy` files by the family's names (docs/parity.md lists them); masks may be missing. Labels
  /// that are not given are the published model's; of `pp-doclayout`, whose outputs do not tell its models apart, those
  /// of L, M and S.
  ///
  /// `kNotFound` for a file that is missing, `kUndecodable` for one that is not as numpy writes it, `kBadParameter` for
  /// an unknown family or labels that do not fit the outputs. Blocks for the disk.
  static Result<RecordedOutputs> Read(const config::PostprocessConfig& config);

  const model::ModelCard& card() const { return card_; }
  const std::vector<TensorView>& tensors() const { return tensors_; }

 private:
  explicit RecordedOutputs(const config::PostprocessConfig& config) : folder_(config.folder), labels_(config.labels) {}

  Result<void> ReadPicoDet();
  Result<void> ReadRows(std::size_t classes);
  Result<void> ReadQueries();
  Result<void> SetLabels(std::size_t classes);
  bool Has(const std::string& name) const;
  Result<TensorView> Add(const std::string& name, std::size_t rank, std::size_t rank_of_tensor);

  std::string folder_;
  std::vector<std::string> labels_;  ///< that were given
  model::ModelCard card_;
  std::vector<postprocess::NpyArray> arrays_;  ///< what `tensors_` show
  std::vector<TensorView> tensors_;
};

}  // namespace doclayout
