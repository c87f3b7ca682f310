// The precision that a network computes in.
#pragma once

#include <torch/types.h>

#include <string>

namespace nadir {

// Computes in bfloat16 ("bf16") or float16 ("fp16") where PyTorch's autocast does, while it lives; nothing
// for "fp32".
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

}  // namespace nadir
