// A network made ready to run fast, and nothing else: no training, no gradients.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "models/inference/program.h"
#include "nadir/model.h"

namespace nadir {

// On the CPU: the forward pass is traced once for each shape of input, batch norms are folded into
// convolutions, and convolutions run fused with what follows them, on weights packed once.
class InferenceNetwork {
 public:
  // `type`: float32, or bfloat16 for weights and values. The model is on the CPU, in evaluation mode.
  InferenceNetwork(std::shared_ptr<Model> model, torch::ScalarType type);
  // image: [N, C, H, W] float32; logits as the model gives them, float32, equal but for rounding.
  torch::Tensor operator()(const torch::Tensor& image);
  // Of maps that live at the same time while the network runs on such an image.
  std::int64_t peak_bytes(at::IntArrayRef shape);

 private:
  const Program& program(at::IntArrayRef shape);

  std::shared_ptr<Model> model_;
  torch::ScalarType type_;
  std::map<std::vector<std::int64_t>, Program> programs_;
};

}  // namespace nadir
