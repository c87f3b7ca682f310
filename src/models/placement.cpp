#include "models/placement.h"

namespace nadir {

void place_model(Model& model, torch::Device device, bool channels_last) {
  model.to(device);
  if (!channels_last) return;
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace nadir
