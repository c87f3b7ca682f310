// Prediction on tensors: a raster in memory, and the whole result of predict_rows.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "nadir/predict.h"

namespace nadir {

// image: [C, H, W]; valid: [H, W] bool or undefined.
inline PixelSource source_of(const torch::Tensor& image, const torch::Tensor& valid = {}) {
  PixelSource source{.height = image.size(1), .width = image.size(2), .bands = image.size(0)};
  source.read = [=](const Window& window) {
    const auto cut = [&](const torch::Tensor& whole) {
      return whole.narrow(-2, window.row, window.height).narrow(-1, window.column, window.width);
    };
    return PixelSource::Pixels{cut(image), valid.defined() ? cut(valid) : torch::Tensor()};
  };
  return source;
}

inline torch::Tensor give_back(const torch::Tensor& images, const torch::Tensor&) {
  return images.to(torch::kFloat32);
}

struct Predicted {
  torch::Tensor probabilities;  // [K, H, W]
  std::vector<torch::Tensor> valid;
};

// Fails by an exception when rows come twice, out of order, or not at all.
inline Predicted predict_all(const PixelSource& source, std::int64_t classes, const TileFunction& network,
                             const PredictConfig& config) {
  std::vector<torch::Tensor> pieces;
  Predicted result;
  std::int64_t next = 0;
  predict_rows(source, classes, network, config,
               [&](std::int64_t first, const torch::Tensor& probabilities, const torch::Tensor& valid) {
                 if (first != next) throw std::logic_error("rows out of order");
                 next += probabilities.size(1);
                 pieces.push_back(probabilities.clone());
                 result.valid.push_back(valid);
               });
  if (next != source.height) throw std::logic_error("rows are missing");
  result.probabilities = torch::cat(pieces, 1);
  return result;
}

}  // namespace nadir
