#include "losses/boundary.h"

#include <ATen/ATen.h>

#include "losses/distance_map.h"

namespace nadir {
namespace {

// truth: [N, K, H, W] 0 or 1 -> the signed distance map of each image and class.
torch::Tensor distance_maps(const torch::Tensor& truth) {
  const torch::Tensor masks = truth.to(torch::kCPU, torch::kUInt8).contiguous();
  torch::Tensor result = at::empty(masks.sizes(), at::kDouble);
  const std::int64_t height = masks.size(2);
  const std::int64_t width = masks.size(3);
  const std::int64_t pixels = height * width;
  for (std::int64_t first = 0; first < masks.numel(); first += pixels) {
    const std::uint8_t* const begin = masks.const_data_ptr<std::uint8_t>() + first;
    const std::vector<double> map = signed_distances({begin, begin + pixels}, height, width);
    std::copy(map.begin(), map.end(), result.mutable_data_ptr<double>() + first);
  }
  return result.to(truth.options());
}

class Boundary final : public Loss {
 public:
  explicit Boundary(BoundaryConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const torch::Tensor& p = uses_sigmoid(config_.activation, input) ? input.sigmoid() : input.softmax();
    return (p * distance_maps(input.truth()) * input.valid()).sum() / valid_elements(input);
  }

 private:
  BoundaryConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_boundary(const BoundaryConfig& config, const LossContext& context) {
  if (labels_images(context.task)) {
    throw ConfigError("loss: boundary is for maps; a class of a whole image has no boundary");
  }
  check_activation(config.activation, context);
  return std::make_unique<Boundary>(config);
}

}  // namespace nadir
