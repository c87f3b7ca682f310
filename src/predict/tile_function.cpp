#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include "models/placement.h"
#include "models/precision.h"
#include "predict/symmetries.h"
#include "predict/tile_network.h"

namespace nadir {

TileNetwork::TileNetwork(const LoadedModel& model, const PredictConfig& config)
    : model_(model.model),
      normalizer_(model.card.normalization),
      device_(choose_device(config.device)),
      precision_(config.precision),
      task_(model.card.task),
      temperature_(model.card.temperature),
      tile_(config.tile),
      bands_(std::ssize(model.card.normalization.offset)) {
  if (precision_ != "fp32" && precision_ != "bf16") {
    throw ConfigError("precision '" + precision_ + "' is unknown; use fp32 or bf16");
  }
  if (model.card.classes.empty()) throw ModelError("the model has no classes; predictions need them");
  const torch::NoGradGuard no_grad;
  model_->eval();
  if (!config.gate.empty()) {
    if (labels_images(task_)) throw ConfigError("gate: is for maps of pixels; the model labels whole images");
    gate_.emplace(config.gate, model.card, config.gate_thresholds, device_);
  }
  // One run for each image: there is nothing to gain from a traced and folded classifier.
  if (config.trace && device_.is_cpu() && !labels_images(task_)) {
    ready_.emplace(model_, precision_ == "bf16" ? torch::kBFloat16 : torch::kFloat32);
  } else {
    place_model(*model_, device_, /*channels_last=*/true);
  }
  if (device_.is_cpu() && model.card.normalization.scale != "per_image") {
    byte_normalizer_.emplace(normalizer_, bands_);
  }
  normalizer_.to(device_);
}

torch::Tensor TileNetwork::operator()(const torch::Tensor& images, const torch::Tensor& valid) {
  const c10::InferenceMode inference;
  return activated(logits(images, valid)).to(torch::kCPU).contiguous();
}

TileScores TileNetwork::scores(const torch::Tensor& images, const torch::Tensor& valid) {
  const c10::InferenceMode inference;
  const torch::Tensor said = logits(images, valid);
  if (device_.is_cpu()) return {said, is_multilabel(task_) ? Activation::kSigmoid : Activation::kSoftmax};
  // Copied behind the computation, to pinned memory: the caller is free until then.
  TileScores result{activated(said).contiguous().to(torch::kCPU, /*non_blocking=*/true)};
  result.arrival = std::make_shared<c10::Event>(device_.type());
  result.arrival->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(said.device()));
  return result;
}

torch::Tensor TileNetwork::activated(const torch::Tensor& logits) const {
  return is_multilabel(task_) ? torch::sigmoid(logits) : torch::softmax(logits, 1);
}

torch::Tensor TileNetwork::normalised(const torch::Tensor& images, const torch::Tensor& valid) const {
  const bool plain = images.scalar_type() == torch::kByte && images.is_contiguous() &&
                     (!valid.defined() || valid.is_contiguous());
  if (plain && byte_normalizer_) return (*byte_normalizer_)(images, valid);
  const torch::Tensor mask = valid.defined() ? valid.to(device_) : valid;
  return normalizer_(images.to(device_), mask).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor TileNetwork::logits(const torch::Tensor& images, const torch::Tensor& valid) {
  torch::Tensor logits = run(normalised(images, valid)).to(torch::kFloat32);
  if (labels_images(task_)) logits = logits.unsqueeze(2).unsqueeze(3) / temperature_;
  if (gate_) logits = ClassGate::close(logits, gate_->passes(images, valid));
  return logits;
}

std::int64_t TileNetwork::peak_bytes(std::int64_t tiles) {
  const c10::InferenceMode inference;
  return ready_ ? ready_->peak_bytes({tiles, bands_, tile_, tile_}) : 0;
}

torch::Tensor TileNetwork::run(const torch::Tensor& input) {
  if (ready_) return run_ready(input);
  const AutocastGuard autocast(precision_, device_);
  return (*model_)(input);
}

// Every number of tiles has a program with weights of its own: powers of two keep them few.
torch::Tensor TileNetwork::run_ready(const torch::Tensor& input) {
  const std::int64_t count = input.size(0);
  std::vector<torch::Tensor> parts;
  for (std::int64_t done = 0; done < count;) {
    std::int64_t size = 1;
    while (2 * size <= count - done) size *= 2;
    if (size == count) return (*ready_)(input);
    parts.push_back((*ready_)(input.narrow(0, done, size)));
    done += size;
  }
  return torch::cat(parts);
}

TileFunction make_tile_function(const LoadedModel& model, const PredictConfig& config) {
  TileFunction plain = [network = std::make_shared<TileNetwork>(model, config)](const torch::Tensor& images,
                                                                                const torch::Tensor& valid) {
    return (*network)(images, valid);
  };
  return with_symmetries(std::move(plain), config.symmetries);
}

}  // namespace nadir
