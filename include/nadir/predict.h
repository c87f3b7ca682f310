// Running a network over rasters of any size: overlapping tiles, mirrored edges, blended, in bounded memory.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/config.h"
#include "nadir/model_file.h"
#include "nadir/runtime.h"
#include "nadir/window.h"

namespace nadir {

// The squares that cover a raster. Tiles have one size and a regular step = tile * (1 - overlap), rounded.
//   fit     as few as cover the raster; what they reach beyond it, mirrored, is shared by both ends. A raster
//           no larger than a tile is one tile.
//   mirror  they begin a margin of tile - step outside the raster, mirrored there, so that every pixel is
//           covered as often as one in the middle (study 004)
class TileGrid {
 public:
  // overlap: 0 to 0.75 of the tile. Throws ConfigError for values out of range.
  TileGrid(std::int64_t height, std::int64_t width, std::int64_t tile, double overlap,
           const std::string& borders = "fit");
  std::int64_t rows() const { return down_.count; }  // of tiles
  std::int64_t columns() const { return across_.count; }
  std::int64_t tile() const { return tile_; }
  std::int64_t step() const { return step_; }
  Window window(std::int64_t row, std::int64_t column) const;  // may reach outside the raster
  // The tiles over an area of the raster, as a window of the grid.
  Window tiles_over(const Window& area) const;

 private:
  struct Axis {
    std::int64_t first = 0;  // pixel where tile 0 begins, at most 0
    std::int64_t count = 0;
  };
  Axis axis(std::int64_t size, bool mirror) const;

  std::int64_t tile_, step_;
  Axis down_, across_;
};

// Weights of a tile's pixels, separable: weight(r, c) = w[r] * w[c], all above 0, symmetric.
//   none    1
//   linear  triangle, 1 - |2x| for x in (-1/2, 1/2), sampled at pixel centres
//   hann    raised cosine (Hann), sampled at pixel centres
//   spline  squared spline of the triangle, power 2 (study 004; Chevalier's smoothly blended patches)
// [tile] float32. Throws ConfigError for another name.
torch::Tensor blend_window(const std::string& name, std::int64_t tile);

struct PredictConfig {
  std::int64_t tile = 0;            // side of the tiles, pixels; 0: the model card's
  double overlap = 0.5;             // share of a tile that its neighbour covers too, 0 to 0.75
  std::string window = "spline";    // none, linear, hann, spline
  std::string borders = "fit";      // of the tile grid: fit, mirror
  std::int64_t batch_size = 0;      // tiles at a time, neighbours in a row; 0: about half a megapixel
  std::string symmetries = "none";  // the network's mean over: none, flips (4), all (8 of the square)
  std::string precision = "fp32";   // fp32, bf16
  std::string device = "auto";
  // On the CPU: trace the network once and run it folded and fused. False: call it as it is, which networks
  // need whose operations depend on the values of the image.
  bool trace = true;
  std::int64_t memory = std::int64_t{2} << 30;  // bytes, of the whole process: what strips are planned for
  std::int64_t strip = 0;  // pixels, the widest strip of columns; 0: what the memory allows
  // A classifier's model file: what it does not see in a tile, by its probability, the map has not there
  // either. One threshold for all of the classifier's classes or one for each.
  std::string gate = {};
  std::vector<double> gate_thresholds = {0.5};
  void fields(FieldVisitor& visit);
};

// The network as prediction sees it: images [N, C, h, w] raw values and valid [N, h, w] (or undefined) in,
// probabilities [N, K, h, w] float32 out; [N, K, 1, 1] of a network that labels whole images.
using TileFunction = std::function<torch::Tensor(const torch::Tensor& images, const torch::Tensor& valid)>;
TileFunction make_tile_function(const LoadedModel& model, const PredictConfig& config);

// A raster as prediction reads it. Windows lie inside height x width.
struct PixelSource {
  std::int64_t height = 0, width = 0, bands = 0;
  struct Pixels {
    torch::Tensor image;  // [C, h, w]
    torch::Tensor valid;  // [h, w] bool, or undefined: what the network may see
    // [h, w] bool, or undefined: what of the result is wanted. Tiles without a pixel that is valid and wanted
    // are left out.
    torch::Tensor wanted = {};
  };
  // Called by one thread at a time, not the caller's own.
  std::function<Pixels(const Window&)> read = {};
  // Height of the file's blocks: reads end where blocks end, so that none is decoded twice.
  std::int64_t block_rows = 1;
};

// Rows of the blended result, from the top, each once: probabilities [K, h, W] float32 that sum to what the
// network's own sum to; `valid` [h, W] (valid and wanted) or undefined. Both are good during the call alone,
// which comes from the caller's thread, between two batches: the network waits for it.
using RowSink = std::function<void(std::int64_t first_row, const torch::Tensor& probabilities,
                                   const torch::Tensor& valid)>;

struct TileCounts {
  std::int64_t run = 0, skipped = 0;
};

// Reads on a thread of its own, ahead of the network. A network that gives a constant gives exactly it at
// every pixel; one that gives back its input gives back the raster, exactly (float32), edges and corners
// included. Memory: a band of rows, not the raster. Throws what the source, the network or the sink throw.
TileCounts predict_rows(const PixelSource& source, std::int64_t classes, const TileFunction& network,
                        const PredictConfig& config, const RowSink& sink,
                        ProgressObserver& observer = silent_observer());
// The same for an area of the raster: the rows of the area, its columns. Tiles and batches are those of the
// whole raster, so that each pixel is the same, to the last bit, whatever the area.
TileCounts predict_area(const PixelSource& source, const Window& area, std::int64_t classes,
                        const TileFunction& network, const PredictConfig& config, const RowSink& sink,
                        ProgressObserver& observer = silent_observer());

// What is mapped.
struct PredictInput {
  PredictInput(const char* file) : files{file} {}             // NOLINT: a file's name is an input
  PredictInput(std::string file) : files{std::move(file)} {}  // NOLINT
  explicit PredictInput(std::vector<std::string> on_one_grid) : files(std::move(on_one_grid)) {}

  std::vector<std::string> files;  // several: on one grid; their bands are numbered on
  // The network's bands: numbers from 1 or names; empty: the model card's.
  std::vector<std::string> bands = {};
  // Left, bottom, right, top in the raster's CRS (without one: columns and rows): only this part.
  std::optional<std::array<double, 4>> bounds = {};
  std::string aoi = {};                   // a file of polygons: only what lies in them
  std::optional<double> resolution = {};  // metres a pixel: read resampled to it; maps lie on that grid
  bool model_resolution = false;          // the same with the model card's
  bool skip_unreadable = false;           // blocks that cannot be read become nodata
};

// What predict_raster writes; "" leaves a product out. All appear only when whole.
struct PredictOutputs {
  // GeoTIFF, uint8, nodata 255: the class index, with colour table and class names. Of a network that labels
  // whole images a pixel stands for a tile, and so in every other product. Multilabel: a band for
  // each class, 1 where its probability is at least 1/2, else 0.
  std::filesystem::path classes;
  // GeoTIFF: the probability of `probability_class` or of all.
  std::filesystem::path probability;
  std::string probability_class = {};  // "": one band for each class
  // uint8: per cent, 0 to 100, nodata 255. uint16: 0 to 10000, nodata 65535. float32: 0 to 1, nodata NaN.
  std::string probability_type = "uint8";
  std::filesystem::path confidence = {};  // the mapped class's own probability, of the same type
  std::string compress = "deflate";       // deflate, zstd, lzw, none; of every GeoTIFF
  bool cog = false;                       // cloud-optimised GeoTIFFs
  // .gpkg, .geojson or .fgb; attributes as write_polygons gives them. Not for multilabel models of several
  // classes.
  std::filesystem::path polygons = {};
  std::vector<std::string> polygon_classes = {};  // empty: every class
  std::int64_t min_pixels = 1;                    // smaller areas make no polygon
  double min_area = 0;                            // m2; the same in square metres
  std::int64_t sieve = 0;  // pixels: smaller areas become part of their largest neighbour, before polygons
  double simplify = 0;     // pixels: how far outlines may move; neighbours keep one border
  std::filesystem::path areas = {};    // JSON: pixels, share and square metres of each class
  std::filesystem::path overlay = {};  // PNG or JPEG: the map over the image, at most 4096 pixels a side

  std::vector<std::filesystem::path> paths() const;  // of what is asked for
};

// The classes of a whole image.
struct ImageClasses {
  torch::Tensor probabilities;  // [K] float32; of one class an image they sum to 1
  std::int64_t patches = 1;     // that they are the mean of
};
// Probabilities of a network that labels whole images. One that was trained on pictures of one size sees the
// image brought to it, in the way of its training; one that was trained on patches sees the image cut into
// them, and their mean counts. `network`: make_tile_function of the model. Throws DataError for files,
// ModelError when bands do not fit, and for a network that labels pixels.
ImageClasses classify_image(const LoadedModel& model, const TileFunction& network, const PredictInput& input,
                            const PredictConfig& config, ProgressObserver& observer = silent_observer());

// A part of the work. Every part writes into one work folder beside the outputs; join_raster makes the
// outputs of it, with the same bytes as one process.
struct PredictShard {
  std::int64_t index = 0, count = 1;
};

struct PredictOptions {
  bool resume = false;  // go on with what a stopped run left; its outputs have the same bytes
  std::optional<PredictShard> shard = {};
  bool join = false;           // no network: the outputs of the parts that all shards have made
  bool wait_and_join = false;  // a shard that then waits for the others and joins
};

struct PredictSummary {
  std::int64_t pixels = 0;                 // valid ones
  std::vector<std::int64_t> class_pixels;  // by class index
  std::vector<double> class_areas;         // m2; empty without a CRS
  TileCounts tiles;
  std::int64_t unreadable_blocks = 0;  // that were skipped
  std::int64_t strips = 1;
  double seconds = 0;
};
// Throws ModelError when the raster's bands don't fit the model, ConfigError for products that it cannot
// give, DataError for inputs and outputs. Whatever is thrown, no output was changed; nothing is left behind
// but, of rasters beyond 16 megapixels, the work folder that `resume` goes on with.
PredictSummary predict_raster(const LoadedModel& model, const PredictInput& input,
                              const PredictOutputs& outputs, const PredictConfig& config,
                              ProgressObserver& observer = silent_observer(),
                              const PredictOptions& options = {});
// Whether there is nothing left to do for an earlier run of the same command: all outputs are there, newer
// than the images, and no work folder waits to be gone on with. What killed processes left beside them goes.
bool outputs_are_there(const PredictInput& input, const PredictOutputs& outputs);

}  // namespace nadir
