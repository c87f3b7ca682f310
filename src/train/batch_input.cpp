#include "train/batch_input.h"

#include <ATen/autocast_mode.h>

namespace nadir {

AutocastGuard::AutocastGuard(const std::string& precision, torch::Device device)
    : device_(device.type()), active_(precision == "bf16") {
  if (!active_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  old_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
}

AutocastGuard::~AutocastGuard() {
  if (!active_) return;
  // Weights were cast once for this pass; the next one has other weights.
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, old_type_);
}

NetworkInput make_input(const Batch& batch, const Normalizer& normalizer, torch::Device device,
                        bool channels_last) {
  const bool non_blocking = batch.images.is_pinned();
  const auto move = [&](const torch::Tensor& tensor) {
    return tensor.defined() ? tensor.to(device, non_blocking) : tensor;
  };
  NetworkInput input;
  input.images = normalizer(move(batch.images), move(batch.valid));
  if (channels_last) input.images = input.images.contiguous(torch::MemoryFormat::ChannelsLast);
  input.targets = move(batch.targets);
  return input;
}

void place_model(Model& model, torch::Device device, bool channels_last) {
  model.to(device);
  if (!channels_last) return;
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace nadir
