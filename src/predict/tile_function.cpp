#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "nadir/predict.h"

namespace nadir {
namespace {

// bfloat16 where PyTorch's autocast computes in it, while this lives.
class Autocast {
 public:
  explicit Autocast(c10::DeviceType device)
      : device_(device),
        was_enabled_(at::autocast::is_autocast_enabled(device)),
        old_type_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
  }
  ~Autocast() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_dtype(device_, old_type_);
    at::autocast::set_autocast_enabled(device_, was_enabled_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool was_enabled_;
  torch::ScalarType old_type_;
};

// The model and all that a batch of tiles needs to pass through it.
class TileNetwork {
 public:
  TileNetwork(const LoadedModel& model, const PredictConfig& config)
      : model_(model.model),
        normalizer_(model.card.normalization),
        device_(choose_device(config.device)),
        bf16_(config.precision == "bf16"),
        task_(model.card.task) {
    if (task_ == Task::kClassification) {
      throw ModelError("the model classifies whole images; a map needs one that labels every pixel");
    }
    if (!bf16_ && config.precision != "fp32") {
      throw ConfigError("precision '" + config.precision + "' is unknown; use fp32 or bf16");
    }
    const torch::NoGradGuard no_grad;
    model_->eval();
    model_->to(device_);
    normalizer_.to(device_);
    for (torch::Tensor& parameter : model_->parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
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
    if (!bf16_) return (*model_)(input);
    const Autocast autocast(device_.type());
    return (*model_)(input);
  }

  std::shared_ptr<Model> model_;
  Normalizer normalizer_;
  torch::Device device_;
  bool bf16_;
  Task task_;
};

}  // namespace

TileFunction make_tile_function(const LoadedModel& model, const PredictConfig& config) {
  return [network = std::make_shared<TileNetwork>(model, config)](
             const torch::Tensor& images, const torch::Tensor& valid) { return (*network)(images, valid); };
}

}  // namespace nadir
