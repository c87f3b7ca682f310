// Classifier-free guidance (Ho and Salimans 2022).
#pragma once

#include <torch/types.h>

namespace nadir {

// uncond + scale * (text - uncond). Shapes are equal: [N, C, h, w].
torch::Tensor guide(const torch::Tensor& uncond, const torch::Tensor& text, double scale);
// Mixes `share` of the guided prediction scaled back to the text prediction's deviation (Lin et al. 2023,
// section 3.4).
torch::Tensor rescale_guidance(const torch::Tensor& guided, const torch::Tensor& text, double share);

}  // namespace nadir
