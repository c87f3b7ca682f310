#include "generate/guidance.h"

#include <torch/torch.h>

namespace nadir {

torch::Tensor guide(const torch::Tensor& uncond, const torch::Tensor& text, double scale) {
  return uncond + scale * (text - uncond);
}

torch::Tensor rescale_guidance(const torch::Tensor& guided, const torch::Tensor& text, double share) {
  const auto deviation = [](const torch::Tensor& x) {
    return x.std(at::IntArrayRef{1, 2, 3}, /*unbiased=*/true, /*keepdim=*/true);
  };
  const torch::Tensor back = guided * (deviation(text) / deviation(guided));
  return share * back + (1 - share) * guided;
}

}  // namespace nadir
