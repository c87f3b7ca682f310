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

}  // namespace nadir
