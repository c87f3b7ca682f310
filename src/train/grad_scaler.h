// Loss scaling for float16, whose gradients would otherwise vanish below 6e-8: as torch.amp.GradScaler, which
// libtorch's C++ side lacks.
#pragma once

#include <torch/types.h>

#include "nadir/train.h"

namespace nadir {

class GradScaler {
 public:
  // Not enabled, it passes losses on as they are and lets every step be taken.
  GradScaler(const LossScaleConfig& config, bool enabled, torch::Device device);
  torch::Tensor scale(const torch::Tensor& loss) const { return enabled_ ? loss * scale_ : loss; }
  // Divides the gradients of `parameters` by the scale. Returns whether all of them are finite; the step is
  // to be left out where they are not.
  bool unscale(const NamedTensors& parameters);
  // After each step, taken or not: backs off after gradients that are not finite, grows after `interval` good
  // steps in a row.
  void update();
  double scale() const { return scale_.item<double>(); }
  // The scale and the good steps since it changed; nothing when not enabled.
  NamedTensors state() const;
  void load_state(const NamedTensors& state);  // throws ModelError

 private:
  LossScaleConfig config_;
  bool enabled_;
  torch::Tensor scale_;       // [1] float32
  torch::Tensor good_steps_;  // [1] int32
  torch::Tensor found_inf_;   // [1] float32: above 0 when a gradient of this step is not finite
};

}  // namespace nadir
