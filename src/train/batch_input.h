// What training and evaluation share between the loader and the network.
#pragma once

#include <torch/types.h>

#include <string>

#include "nadir/data.h"
#include "nadir/model.h"

namespace nadir {

// Computes in bfloat16 where PyTorch's autocast does, while it lives; nothing for "fp32".
class AutocastGuard {
 public:
  AutocastGuard(const std::string& precision, torch::Device device);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  torch::DeviceType device_;
  bool active_;
  bool was_enabled_ = false;
  torch::ScalarType old_type_ = torch::kFloat32;
};

struct NetworkInput {
  torch::Tensor images;   // [N, C, H, W] float32, normalised, on the device
  torch::Tensor targets;  // as the batch's, on the device
};
NetworkInput make_input(const Batch& batch, const Normalizer& normalizer, torch::Device device,
                        bool channels_last);

// Moves a network to the device and its 4-dimensional weights to channels-last memory when asked.
void place_model(Model& model, torch::Device device, bool channels_last);

}  // namespace nadir
