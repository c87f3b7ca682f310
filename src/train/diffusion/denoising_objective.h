// To make images from captions and metadata: a diffusion model's noise against the noise that was added.
#pragma once

#include <memory>
#include <optional>

#include "train/diffusion/conditions.h"
#include "train/diffusion/denoising.h"
#include "train/diffusion/diffusion_network.h"
#include "train/objective.h"

namespace nadir {

class DenoisingObjective final : public Objective {
 public:
  // Throws ConfigError for a recipe that cannot be one of generation.
  explicit DenoisingObjective(const Recipe& recipe);
  ModelCard describe(const PreparedData& data, ProgressObserver& log) const override;
  std::shared_ptr<Model> begin(const ObjectiveStart& start) override;
  Step learn(Model& model, const Batch& batch) override;
  // With the same noise after every epoch, and nothing dropped.
  NamedScores evaluate(Model& model, const Dataset& part, ProgressObserver& log) override;
  // diffusers/ in the run folder.
  void export_model(const RunFolder& folder) const override;

 private:
  struct Seen {
    torch::Tensor tokens;    // [N, T] int64
    torch::Tensor metadata;  // [N, 7], or undefined
  };
  Seen conditions_of(const Batch& batch, bool learning) const;
  Step step(const Batch& batch, bool learning);

  Recipe recipe_;
  DenoisingConfig config_;
  Conditions conditions_;
  torch::Tensor tokens_;  // [lines, T] int64
  torch::Tensor empty_;   // [1, T]: of ""
  std::shared_ptr<DiffusionNetwork> network_;
  std::optional<NoiseSchedule> schedule_;
  std::optional<Normalizer> normalizer_;
  torch::Device device_ = torch::kCPU;
};

}  // namespace nadir
