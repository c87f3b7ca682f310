// The model and all that a batch of tiles needs to pass through it.
#pragma once

#include <memory>
#include <optional>

#include "models/gate.h"
#include "models/inference/inference_network.h"
#include "nadir/predict.h"
#include "predict/byte_normalizer.h"
#include "predict/tile_scores.h"

namespace nadir {

class TileNetwork {
 public:
  // Throws ModelError and ConfigError for models and settings that give no map.
  TileNetwork(const LoadedModel& model, const PredictConfig& config);
  // A TileFunction, without symmetries. What the gate does not let pass has probability 0.
  torch::Tensor operator()(const torch::Tensor& images, const torch::Tensor& valid);
  // The same on its way: on the CPU before the activation, of another device while it still computes.
  TileScores scores(const torch::Tensor& images, const torch::Tensor& valid);
  // Bytes of maps that live at the same time while it runs on `tiles` tiles; 0 when that is not known.
  std::int64_t peak_bytes(std::int64_t tiles);

 private:
  torch::Tensor normalised(const torch::Tensor& images, const torch::Tensor& valid) const;
  torch::Tensor logits(const torch::Tensor& images, const torch::Tensor& valid);
  torch::Tensor activated(const torch::Tensor& logits) const;
  torch::Tensor run(const torch::Tensor& input);
  torch::Tensor run_ready(const torch::Tensor& input);

  std::shared_ptr<Model> model_;
  std::optional<InferenceNetwork> ready_;
  std::optional<ClassGate> gate_;
  Normalizer normalizer_;
  std::optional<ByteNormalizer> byte_normalizer_;  // on the CPU
  torch::Device device_;
  std::string precision_;
  Task task_;
  double temperature_;
  std::int64_t tile_, bands_;
};

}  // namespace nadir
