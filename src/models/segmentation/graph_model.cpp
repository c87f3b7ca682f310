#include "models/segmentation/graph_model.h"

#include "models/blocks/padding.h"

namespace nadir {

ModelOutput GraphModel::forward(const torch::Tensor& image) {
  const PaddedImage padded(image, multiple_);
  ModelOutput result;
  for (const torch::Tensor& map : graph_.run(padded.image(), outputs_)) {
    result.auxiliary.push_back(padded.crop(map));
  }
  result.logits = result.auxiliary.back();
  result.auxiliary.pop_back();
  return result;
}

std::vector<std::string> GraphModel::keras_layers(const std::string& part) const {
  const auto modules = named_modules();
  const auto* module = modules.find(part);
  std::vector<std::string> names = module ? graph_.layers(**module) : std::vector<std::string>();
  for (std::string& each : names) {
    if (!each.empty() && !part.empty()) each = part + "." + each;
  }
  return names;
}

}  // namespace nadir
