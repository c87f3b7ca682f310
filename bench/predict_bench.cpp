// What prediction costs beside the network: a GeoTIFF mapped end to end against the network alone on as many
// tiles, in turns in one process. Prints the medians' ratio, and the processor time outside the network.
//
//   predict_bench [side of the raster, default 4096] [rounds, default 5] [unet | conv, default conv]
//                 [fp32 | bf16, default fp32] [memory, MiB, default 2048]
#include <torch/torch.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "timing.h"

namespace {

using namespace nadir;
using bench::Cost;
using bench::measure;
using bench::median;

constexpr std::int64_t kClasses = 8;
constexpr std::int64_t kTile = 512;
constexpr std::int64_t kPackedSide = 16384;  // larger rasters are packed, so that they fit the disk

// Next to no arithmetic, so that the pipeline's own cost shows: the peers' "tiny".
class OneConvolution : public Model {
 public:
  OneConvolution()
      : conv_(register_module("conv",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(3, kClasses, 3).padding(1)))) {}
  ModelOutput forward(const torch::Tensor& image) override {
    return {.logits = conv_(image), .auxiliary = {}};
  }

 private:
  torch::nn::Conv2d conv_;
};

LoadedModel make_model(const std::string& network) {
  torch::manual_seed(1);
  LoadedModel loaded;
  if (network == "unet") {
    loaded.model = models().make("unet", ConfigNode(), {.bands = 3, .classes = kClasses});
  } else {
    loaded.model = std::make_shared<OneConvolution>();
  }
  for (std::int64_t k = 0; k < kClasses; ++k) {
    loaded.card.classes.push_back({.name = "class " + std::to_string(k), .color = "#808080", .value = -1});
  }
  loaded.card.bands = {"red", "green", "blue"};
  loaded.card.normalization = {.scale = "type_range",
                               .offset = {0, 0, 0},
                               .range = {255, 255, 255},
                               .mean = {0.5, 0.5, 0.5},
                               .std = {0.25, 0.25, 0.25}};
  return loaded;
}

// Patches of colour, repeated: their class map packs as well as a real one.
void write_raster(const std::filesystem::path& path, std::int64_t side) {
  RasterLayout layout;
  layout.height = layout.width = side;
  layout.bands = 3;
  layout.compress = side > kPackedSide ? "deflate" : "none";
  layout.overviews = false;
  RasterWriter writer(path, layout);
  const torch::Tensor patches = torch::randint(0, 256, {3, kTile / 32, kTile / 32}, torch::kByte);
  const torch::Tensor block = patches.repeat_interleave(32, 1).repeat_interleave(32, 2);
  for (std::int64_t row = 0; row < side; row += kTile) {
    for (std::int64_t column = 0; column < side; column += kTile) {
      const Window window{row, column, std::min(kTile, side - row), std::min(kTile, side - column)};
      writer.write(window, block.narrow(1, 0, window.height).narrow(2, 0, window.width));
    }
  }
  writer.finish();
}

// Files that go when the program ends.
class Workplace {
 public:
  Workplace() : folder_(std::filesystem::temp_directory_path() / "nadir-predict-bench") {
    std::filesystem::create_directories(folder_);
  }
  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

void report(const std::vector<Cost>& alone, const std::vector<Cost>& whole, std::int64_t side) {
  std::vector<double> ratio, outside, wall, cpu;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    ratio.push_back(alone[i].wall / whole[i].wall);
    outside.push_back(whole[i].cpu - alone[i].cpu);
    wall.push_back(whole[i].wall);
    cpu.push_back(whole[i].cpu);
  }
  const double megapixels = static_cast<double>(side * side) * 1e-6;
  std::cout << "network alone / end to end: " << median(ratio)
            << "\nend to end: " << megapixels / median(wall) << " MPix/s, " << median(wall)
            << " s\nprocessor time: " << median(cpu) << " s, " << 1e3 * median(cpu) / megapixels
            << " ns a pixel; outside the network: " << median(outside) << " s, "
            << 1e3 * median(outside) / megapixels << " ns a pixel\npeak memory: " << bench::peak_mib()
            << " MiB\n";
}

void run(std::int64_t side, std::int64_t rounds, const std::string& network, const std::string& precision,
         std::int64_t memory) {
  const Workplace folder;
  const std::string image = (folder / "image.tif").string();
  write_raster(image, side);
  const LoadedModel model = make_model(network);
  PredictConfig config{.tile = kTile, .precision = precision, .device = "cpu"};
  config.memory = memory << 20;
  constexpr std::int64_t kBatch = 1;  // what prediction chooses for such tiles
  const TileFunction run_tiles = make_tile_function(model, config);
  const TileGrid grid(side, side, kTile, config.overlap);
  const std::int64_t tiles = grid.rows() * grid.columns();
  const torch::Tensor batch = torch::randint(0, 256, {kBatch, 3, kTile, kTile}, torch::kByte);
  std::cout << network << " " << precision << ", " << side << " x " << side << ", " << tiles << " tiles of "
            << kTile << ", " << torch::get_num_threads() << " threads, " << rounds << " rounds" << std::endl;

  std::vector<Cost> alone, whole;
  run_tiles(batch, {});
  for (std::int64_t round = 0; round < rounds; ++round) {
    alone.push_back(measure([&] {
      for (std::int64_t tile = 0; tile < tiles; tile += kBatch) run_tiles(batch, {});
    }));
    whole.push_back(measure([&] { predict_raster(model, image, {.classes = folder / "map.tif"}, config); }));
  }
  report(alone, whole, side);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::stoll(argv[1]) : 4096, argc > 2 ? std::stoll(argv[2]) : 5,
        argc > 3 ? argv[3] : "conv", argc > 4 ? argv[4] : "fp32", argc > 5 ? std::stoll(argv[5]) : 2048);
  } catch (const std::exception& error) {
    std::cerr << "predict_bench: " << error.what() << "\n";
    return 1;
  }
}
