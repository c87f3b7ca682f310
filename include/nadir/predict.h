// Running a network over rasters of any size: overlapping tiles, mirrored edges, blended, in bounded memory.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nadir/config.h"
#include "nadir/model_file.h"
#include "nadir/runtime.h"
#include "nadir/window.h"

namespace nadir {

// The squares that cover a raster. Tiles have one size and a regular step = tile * (1 - overlap), rounded;
// they begin outside the raster (mirrored there) so that every pixel is covered as often as one in the
// middle.
class TileGrid {
 public:
  // overlap: 0 to 0.75 of the tile. Throws ConfigError for values out of range.
  TileGrid(std::int64_t height, std::int64_t width, std::int64_t tile, double overlap);
  std::int64_t rows() const { return rows_; }  // of tiles
  std::int64_t columns() const { return columns_; }
  std::int64_t step() const { return step_; }
  Window window(std::int64_t row, std::int64_t column) const;  // may reach outside the raster

 private:
  std::int64_t tile_, step_, margin_, rows_, columns_;
};

// Weights of a tile's pixels, separable: weight(r, c) = w[r] * w[c], all above 0, symmetric.
//   none    1
//   linear  triangle, 1 - |2x| for x in (-1/2, 1/2), sampled at pixel centres
//   hann    raised cosine (Hann), sampled at pixel centres
//   spline  squared spline of the triangle, power 2 (study 004; Chevalier's smoothly blended patches)
// [tile] float32. Throws ConfigError for another name.
torch::Tensor blend_window(const std::string& name, std::int64_t tile);

struct PredictConfig {
  std::int64_t tile = 0;           // side of the tiles, pixels; 0: the model card's
  double overlap = 0.5;            // share of a tile that its neighbour covers too, 0 to 0.75
  std::string window = "spline";   // none, linear, hann, spline
  std::int64_t batch_size = 8;     // tiles at a time
  std::string precision = "fp32";  // fp32, bf16
  std::string device = "auto";
  std::vector<std::int64_t> bands = {};  // of the raster, from 1; empty: the model card's
  void fields(FieldVisitor& visit);
};

// The network as prediction sees it: images [N, C, h, w] raw values and valid [N, h, w] (or undefined) in,
// probabilities [N, K, h, w] float32 out.
using TileFunction = std::function<torch::Tensor(const torch::Tensor& images, const torch::Tensor& valid)>;
TileFunction make_tile_function(const LoadedModel& model, const PredictConfig& config);

// A raster as prediction reads it. Windows lie inside height x width.
struct PixelSource {
  std::int64_t height = 0, width = 0, bands = 0;
  struct Pixels {
    torch::Tensor image;  // [C, h, w]
    torch::Tensor valid;  // [h, w] bool, or undefined
  };
  // Called by one thread at a time, not the caller's own.
  std::function<Pixels(const Window&)> read = {};
  // Height of the file's blocks: reads end where blocks end, so that none is decoded twice.
  std::int64_t block_rows = 1;
};

// Rows of the blended result, from the top, each once: probabilities [K, h, W] float32 that sum to what the
// network's own sum to; `valid` [h, W] or undefined. Both are good during the call alone, which comes from a
// thread of its own: torch operations on more than a few thousand elements would compete with the network
// there.
using RowSink = std::function<void(std::int64_t first_row, const torch::Tensor& probabilities,
                                   const torch::Tensor& valid)>;

// Reads, runs and blends in three overlapping stages. A network that gives a constant gives exactly it at
// every pixel; one that gives back its input gives back the raster, exactly (float32), edges and corners
// included. Memory: a band of rows, not the raster. Throws what the source, the network or the sink throw.
void predict_rows(const PixelSource& source, std::int64_t classes, const TileFunction& network,
                  const PredictConfig& config, const RowSink& sink,
                  ProgressObserver& observer = silent_observer());

// What predict_raster writes; "" leaves a product out. All appear only when whole.
struct PredictOutputs {
  // GeoTIFF, uint8, nodata 255: the class index, with colour table and class names. Multilabel: a band for
  // each class, 1 where its probability is at least 1/2, else 0.
  std::filesystem::path classes;
  // GeoTIFF, uint8, nodata 255: probability in per cent, 0 to 100, of `probability_class` or of all.
  std::filesystem::path probability;
  std::string probability_class;  // "": one band for each class
  // .gpkg, .geojson or .fgb; attributes as write_polygons gives them. Not for multilabel models of several
  // classes.
  std::filesystem::path polygons;
  std::vector<std::string> polygon_classes;  // empty: every class
  std::int64_t min_pixels = 1;               // smaller areas make no polygon
};
struct PredictSummary {
  std::int64_t pixels = 0;                 // valid ones
  std::vector<std::int64_t> class_pixels;  // by class index
  double seconds = 0;
};
// Throws ModelError when the raster's bands don't fit the model, ConfigError for products that it cannot
// give, DataError for inputs and outputs. Whatever is thrown, no output was changed and nothing is left
// behind.
PredictSummary predict_raster(const LoadedModel& model, const std::string& image,
                              const PredictOutputs& outputs, const PredictConfig& config,
                              ProgressObserver& observer = silent_observer());

}  // namespace nadir
