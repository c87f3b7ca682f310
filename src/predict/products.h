// The rasters that a map consists of, and how probabilities become their pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/blend_sink.h"

namespace nadir {

// What the pixels of a product say.
enum class Role { kClasses, kProbability, kConfidence, kPolygonConfidence };

struct Product {
  Role role;
  std::filesystem::path target;  // "" for what is made for other products alone
  RasterLayout layout;
};

// Rows of every product, in their order: each [bands, h, W] of its layout's type.
using Levels = std::vector<at::Tensor>;

// The class map first, whether it is wanted or not: areas are counted in it. Throws ConfigError and
// ModelError for products that the model cannot give. `inputs`: files that no product may replace.
std::vector<Product> make_products(const ModelCard& card, const PredictOutputs& outputs,
                                   const std::vector<std::string>& inputs, std::int64_t height,
                                   std::int64_t width, const GeoReference& geo);
// The values of the class map: a class each, or for a single label its absence and its presence; empty for
// several labels.
std::vector<RasterClass> map_values(const ModelCard& card);

class LevelMaker {
 public:
  LevelMaker(const ModelCard& card, const std::vector<Product>& products, std::string probability_class,
             std::string image);
  // Rows of every product, not filled yet.
  Levels empty(std::int64_t height, std::int64_t width) const;
  // Fills a piece whose first pixel is this one of the levels. Several threads may, at different pixels.
  // Throws ModelError when a probability is not finite; the piece's own row is for the message.
  void fill(Levels& levels, std::int64_t row, std::int64_t column, const RowPiece& piece) const;
  // Nodata where it is not valid. valid: [h, W] bool.
  void mask(Levels& levels, const torch::Tensor& valid) const;
  // All of it. probabilities: [K, h, W], of rows from `first_row` on; valid: [h, W] or undefined.
  Levels make(std::int64_t first_row, const torch::Tensor& probabilities, const torch::Tensor& valid) const;

 private:
  void check_finite(const RowPiece& piece) const;

  std::vector<Product> products_;
  std::int64_t classes_;
  bool multilabel_;
  std::vector<std::int64_t> probability_bands_;  // class of each band of the probability map
  std::string image_;
};

}  // namespace nadir
