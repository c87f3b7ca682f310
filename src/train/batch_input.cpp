#include "train/batch_input.h"

namespace nadir {

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
  input.mix_targets = move(batch.mix_targets);
  return input;
}

}  // namespace nadir
