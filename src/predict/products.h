// The rasters that a map consists of, and how probabilities become their pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"

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
  // probabilities: [K, h, W]; valid: [h, W] or undefined. Throws ModelError when they are not finite;
  // `first_row` is for the message.
  Levels make(std::int64_t first_row, const torch::Tensor& probabilities, const torch::Tensor& valid);

 private:
  void make_row(std::int64_t row, const std::vector<const float*>& lines, const bool* valid, Levels& levels);
  void label(std::int64_t row, const std::vector<const float*>& lines, const bool* valid, at::Tensor& levels);
  void strongest(const std::vector<const float*>& lines);

  std::vector<Product> products_;
  bool multilabel_;
  std::vector<std::int64_t> probability_bands_;  // class of each band of the probability map
  std::string image_;
  std::vector<float> strongest_;               // a row
  std::vector<std::int32_t> strongest_class_;  // a row
};

}  // namespace nadir
