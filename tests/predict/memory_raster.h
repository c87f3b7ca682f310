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
                 result.valid.push_back(
                     valid.defined()
                         ? valid
                         : torch::ones({probabilities.size(1), probabilities.size(2)}, torch::kBool));
               });
  if (next != source.height) throw std::logic_error("rows are missing");
  result.probabilities = torch::cat(pieces, 1);
  return result;
}

// The pieces' masks as one; true where a piece has none.
inline torch::Tensor joined(const std::vector<torch::Tensor>& masks, std::int64_t width) {
  std::vector<torch::Tensor> rows;
  for (const torch::Tensor& each : masks) {
    if (!each.defined()) throw std::logic_error("a mask without its height");
    rows.push_back(each);
  }
  return rows.empty() ? torch::ones({0, width}, torch::kBool) : torch::cat(rows);
}

// The same raster in strips of columns and in bands of rows, put together.
inline Predicted predict_in_parts(const PixelSource& source, std::int64_t classes,
                                  const TileFunction& network, const PredictConfig& config,
                                  std::int64_t strip, std::int64_t ranks) {
  Predicted result{torch::full({classes, source.height, source.width}, std::nan("")), {}};
  result.valid.push_back(torch::ones({source.height, source.width}, torch::kBool));
  for (std::int64_t rank = 0; rank < ranks; ++rank) {
    const std::int64_t top = source.height * rank / ranks, bottom = source.height * (rank + 1) / ranks;
    if (top == bottom) continue;
    for (std::int64_t column = 0; column < source.width; column += strip) {
      const Window area{top, column, bottom - top, std::min(strip, source.width - column)};
      predict_area(source, area, classes, network, config,
                   [&](std::int64_t first, const torch::Tensor& probabilities, const torch::Tensor& valid) {
                     const auto place = [&](const torch::Tensor& whole) {
                       return whole.narrow(-2, first, probabilities.size(1)).narrow(-1, column, area.width);
                     };
                     place(result.probabilities).copy_(probabilities);
                     if (valid.defined()) place(result.valid.front()).copy_(valid);
                   });
    }
  }
  return result;
}

}  // namespace nadir
