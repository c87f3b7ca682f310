#include "train/diffusion/diffusion_network.h"

#include <torch/torch.h>

#include <sstream>

#include "core/text.h"
#include "train/diffusion/pixel_diffusion.h"
#include "train/diffusion/stable_diffusion.h"

namespace nadir {
namespace {

// A module at "a.b.c" below `root`, with empty ones above it: names of modules have no dots.
void register_at(torch::nn::Module& root, const std::string& path, const LowRank& leaf) {
  torch::nn::Module* at = &root;
  std::istringstream names(path);
  std::string name;
  std::getline(names, name, '.');
  for (std::string next; std::getline(names, next, '.'); name = next) {
    const auto children = at->named_children();
    const auto* known = children.find(name);
    at = known ? known->get() : at->register_module(name, std::make_shared<torch::nn::Module>()).get();
  }
  at->register_module(name, leaf);
}

}  // namespace

DiffusionNetwork::DiffusionNetwork(std::shared_ptr<DiffusionModel> parts) : parts_(std::move(parts)) {
  for (torch::nn::Module* each : std::initializer_list<torch::nn::Module*>{
           parts_->denoiser.get(), parts_->autoencoder.get(), parts_->text_encoder.get()}) {
    for (torch::Tensor& weight : each->parameters()) weight.set_requires_grad(false);
  }
}

void DiffusionNetwork::learn(const std::string& name, const std::shared_ptr<torch::nn::Module>& part) {
  for (torch::Tensor& weight : part->parameters()) {
    weight.set_data(weight.detach().clone());  // of its own: what was loaded may be a file in memory
    weight.set_requires_grad(true);
  }
  register_module(name, part);
}

void DiffusionNetwork::learn_low_rank(std::int64_t rank, double alpha,
                                      const std::vector<std::string>& targets) {
  const auto changes = std::make_shared<torch::nn::Module>();
  for (const auto& [name, layer] : adaptable_layers(*parts_->denoiser)) {
    const std::string& full = name;
    const bool wanted = std::any_of(targets.begin(), targets.end(),
                                    [&](const std::string& each) { return full.ends_with("." + each); });
    if (!wanted) continue;
    LowRank change(layer->weight.size(1), layer->weight.size(0), rank, alpha / static_cast<double>(rank));
    layer->adapt(change);
    register_at(*changes, name, change);
    adapted_.emplace_back(name, layer);
  }
  if (adapted_.empty()) {
    throw ConfigError("targets: the U-Net's attention has no layer " + join_words(targets) +
                      "; it has to_q, to_k, to_v and to_out.0");
  }
  register_module("lora", changes);
}

ModelOutput DiffusionNetwork::forward(const torch::Tensor&) {
  throw std::logic_error("a diffusion network gives no output for an image");
}

torch::Tensor DiffusionNetwork::encode(const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const LatentDistribution found = parts_->autoencoder->encode(images);
  const torch::Tensor mean = found.mean.to(torch::kFloat32);
  const torch::Tensor noise = torch::randn(mean.sizes()).to(mean.device());
  const LatentDistribution wide{mean, found.log_variance.to(torch::kFloat32)};
  return wide.sample(noise) * parts_->autoencoder->config().scaling_factor;
}

torch::Tensor DiffusionNetwork::denoise(const torch::Tensor& noisy, const torch::Tensor& timesteps,
                                        const torch::Tensor& tokens, const torch::Tensor& metadata) {
  const torch::Tensor text = parts_->text_encoder->forward(tokens).tokens;
  return parts_->denoiser->forward(noisy, timesteps, text, metadata);
}

const DiffusionRegistry& diffusion_models() {
  static const DiffusionRegistry registry(
      "model of task generation",
      {DiffusionRegistry::item("pixel_diffusion", "a small diffusion model from scratch (Ho et al. 2020)",
                               make_pixel_diffusion),
       DiffusionRegistry::item("stable_diffusion",
                               "Stable Diffusion or DiffusionSat from a folder (Rombach et al. 2022)",
                               make_stable_diffusion)});
  return registry;
}

}  // namespace nadir
