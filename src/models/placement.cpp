#include "models/placement.h"

namespace nadir {

void to_channels_last(torch::nn::Module& module) {
  for (torch::Tensor& parameter : module.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

void place_model(Model& model, torch::Device device, bool channels_last) {
  model.to(device);
  if (channels_last) to_channels_last(model);
}

}  // namespace nadir
