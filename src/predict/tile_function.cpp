#include <torch/torch.h>

#include "models/placement.h"
#include "models/precision.h"
#include "nadir/predict.h"

namespace nadir {
namespace {

// The model and all that a batch of tiles needs to pass through it.
class TileNetwork {
 public:
  TileNetwork(const LoadedModel& model, const PredictConfig& config)
      : model_(model.model),
        normalizer_(model.card.normalization),
        device_(choose_device(config.device)),
        precision_(config.precision),
        task_(model.card.task) {
    if (task_ == Task::kClassification) {
      throw ModelError("the model classifies whole images; a map needs one that labels every pixel");
    }
    if (precision_ != "fp32" && precision_ != "bf16") {
      throw ConfigError("precision '" + precision_ + "' is unknown; use fp32 or bf16");
    }
    const torch::NoGradGuard no_grad;
    model_->eval();
    place_model(*model_, device_, /*channels_last=*/true);
    normalizer_.to(device_);
  }

  torch::Tensor operator()(const torch::Tensor& images, const torch::Tensor& valid) {
    const c10::InferenceMode inference;
    const torch::Tensor mask = valid.defined() ? valid.to(device_) : valid;
    const torch::Tensor input = normalizer_(images.to(device_), mask);
    const torch::Tensor logits = run(input.contiguous(torch::MemoryFormat::ChannelsLast)).to(torch::kFloat32);
    const torch::Tensor probabilities =
        task_ == Task::kMultilabel ? torch::sigmoid(logits) : torch::softmax(logits, 1);
    return probabilities.to(torch::kCPU).contiguous();
  }

 private:
  torch::Tensor run(const torch::Tensor& input) {
    const AutocastGuard autocast(precision_, device_);
    return (*model_)(input);
  }

  std::shared_ptr<Model> model_;
  Normalizer normalizer_;
  torch::Device device_;
  std::string precision_;
  Task task_;
};

}  // namespace

TileFunction make_tile_function(const LoadedModel& model, const PredictConfig& config) {
  return [network = std::make_shared<TileNetwork>(model, config)](
             const torch::Tensor& images, const torch::Tensor& valid) { return (*network)(images, valid); };
}

}  // namespace nadir
