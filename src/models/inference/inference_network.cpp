#include "models/inference/inference_network.h"

#include <torch/torch.h>

#include "models/inference/channel_gates.h"
#include "models/inference/fold_norms.h"
#include "models/inference/fuse_convolutions.h"
#include "models/inference/fuse_transformers.h"

namespace nadir {

InferenceNetwork::InferenceNetwork(std::shared_ptr<Model> model, torch::ScalarType type)
    : model_(std::move(model)), type_(type) {}

const Program& InferenceNetwork::program(at::IntArrayRef shape) {
  const auto found = programs_.find(shape.vec());
  if (found != programs_.end()) return found->second;
  Program made = trace_program(*model_, torch::zeros(shape));
  fold_norms(made);
  fuse_convolutions(made, type_);
  fuse_linears(made, type_);
  choose_attention(made);
  choose_channel_loops(made);
  if (type_ != torch::kFloat32) convert_constants(made, type_);
  return programs_.emplace(shape.vec(), std::move(made)).first->second;
}

torch::Tensor InferenceNetwork::operator()(const torch::Tensor& image) {
  const Program& ready = program(image.sizes());
  const torch::NoGradGuard no_grad;
  return ready.run(image.to(type_, /*non_blocking=*/false, /*copy=*/false, torch::MemoryFormat::ChannelsLast))
      .to(torch::kFloat32);
}

std::int64_t InferenceNetwork::peak_bytes(at::IntArrayRef shape) {
  return program(shape).peak_bytes(static_cast<std::int64_t>(c10::elementSize(type_)));
}

}  // namespace nadir
