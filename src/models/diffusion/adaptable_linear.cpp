#include "models/diffusion/adaptable_linear.h"

namespace nadir {

LowRankImpl::LowRankImpl(std::int64_t in, std::int64_t out, std::int64_t rank, double scale)
    : down_(register_parameter("down", torch::randn({rank, in}) / static_cast<double>(rank))),
      up_(register_parameter("up", torch::zeros({out, rank}))),
      scale_(scale) {}

torch::Tensor LowRankImpl::forward(const torch::Tensor& x) {
  return torch::linear(torch::linear(x, down_), up_) * scale_;
}

torch::Tensor LowRankImpl::product() const { return torch::mm(up_, down_) * scale_; }

torch::Tensor AdaptableLinearImpl::forward(const torch::Tensor& x) {
  const torch::Tensor y = LinearImpl::forward(x);
  return change_ ? y + change_(x) : y;
}

std::vector<torch::Tensor> learning_weights(torch::nn::Module& module) {
  std::vector<torch::Tensor> found;
  const auto take = [&](const torch::nn::Module& each) {
    for (const torch::Tensor& weight : each.parameters()) {
      if (weight.requires_grad()) found.push_back(weight);
    }
  };
  take(module);
  for (const auto& [name, layer] : adaptable_layers(module)) {
    if (layer->change()) take(*layer->change());
  }
  return found;
}

std::vector<std::pair<std::string, AdaptableLinearImpl*>> adaptable_layers(torch::nn::Module& network) {
  std::vector<std::pair<std::string, AdaptableLinearImpl*>> found;
  for (const auto& each : network.named_modules("", /*include_self=*/false)) {
    if (auto* layer = each.value()->as<AdaptableLinearImpl>()) found.emplace_back(each.key(), layer);
  }
  return found;
}

}  // namespace nadir
