// A diffusion model that learns: text encoder, denoiser and autoencoder, of which some parts learn and the
// rest stays as it is.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "generate/diffusion_model.h"
#include "models/diffusion/adaptable_linear.h"
#include "nadir/model.h"

namespace nadir {

class DiffusionNetwork final : public Model {
 public:
  // All parts are frozen at first.
  explicit DiffusionNetwork(std::shared_ptr<DiffusionModel> parts);

  // Lets a part learn, under a name of its own; only such parts are this module's, and so in its checkpoints
  // and model files.
  void learn(const std::string& name, const std::shared_ptr<torch::nn::Module>& part);
  // Low-rank changes of the denoiser's attention learn, beside its weights (Hu et al. 2021). `targets`: ends
  // of the layers' names. Throws ConfigError when no layer has such a name.
  void learn_low_rank(std::int64_t rank, double alpha, const std::vector<std::string>& targets);

  // There is no such thing as its output for an image: throws std::logic_error.
  ModelOutput forward(const torch::Tensor& image) override;
  // images: [N, C, H, W] in -1 .. 1. Gives samples of their latents, scaled, without gradients.
  torch::Tensor encode(const torch::Tensor& images);
  // What the denoiser says. timesteps: [N]; tokens: [N, T]; metadata: [N, 7] or undefined.
  torch::Tensor denoise(const torch::Tensor& noisy, const torch::Tensor& timesteps,
                        const torch::Tensor& tokens, const torch::Tensor& metadata);
  DiffusionModel& parts() { return *parts_; }

  // Writes what has been learnt into a folder, for nadir generate and for diffusers.
  using Writer = std::function<void(DiffusionNetwork&, const std::filesystem::path&)>;
  void set_writer(Writer writer) { writer_ = std::move(writer); }
  void write(const std::filesystem::path& folder) { writer_(*this, folder); }
  const std::vector<std::pair<std::string, AdaptableLinearImpl*>>& adapted() const { return adapted_; }

 private:
  std::shared_ptr<DiffusionModel> parts_;
  Writer writer_;
  std::vector<std::pair<std::string, AdaptableLinearImpl*>> adapted_;
};

// What training data fix of a diffusion model.
struct DiffusionStart {
  std::vector<std::string> captions;
  bool metadata = false;    // the data have it
  std::int64_t bands = 3;   // of the images
  std::int64_t patch = 32;  // side of the training images, pixels
  torch::Device device = torch::kCPU;
};
using DiffusionRegistry = Registry<std::shared_ptr<DiffusionNetwork>, const DiffusionStart&>;
// The models of task generation.
const DiffusionRegistry& diffusion_models();

}  // namespace nadir
