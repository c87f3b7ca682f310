// What prediction costs beside the network: a GeoTIFF mapped end to end against the network alone on as many
// tiles, in turns in one process. Prints the medians' ratio, and the processor time outside the network.
//
//   predict_bench [side of the raster or WIDTHxHEIGHT, default 4096] [rounds, default 5]
//                 [unet | conv, default conv] [fp32 | bf16, default fp32] [memory, MiB, default 2048]
//                 [every, default 1]
//
// every: 1 runs the network alone on as many tiles as the raster has, before each run. With n it runs on
// every n-th, in pauses spread evenly over the run, and its cost is scaled up. For networks whose tiles take
// long.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "nadir/runtime.h"
#include "timing.h"

namespace {

using namespace nadir;
using bench::Cost;
using bench::measure;
using bench::median;

constexpr std::int64_t kClasses = 8;
constexpr std::int64_t kTile = 512;
constexpr std::int64_t kPackedPixels = 16384 * 16384;  // larger rasters are packed, so that they fit the disk
constexpr std::int64_t kPauses = 20;
// What is being read and written comes to rest meanwhile: four tiles and a band of rows.
constexpr std::chrono::milliseconds kBeforePause{50};

struct Size {
  std::int64_t width = 4096, height = 4096;
  std::int64_t pixels() const { return width * height; }
};

Size parse_size(const std::string& text) {
  const std::size_t by = text.find('x');
  const std::int64_t width = std::stoll(text);
  return {width, by == std::string::npos ? width : std::stoll(text.substr(by + 1))};
}

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
void write_raster(const std::filesystem::path& path, const Size& size) {
  RasterLayout layout;
  layout.height = size.height;
  layout.width = size.width;
  layout.bands = 3;
  layout.compress = size.pixels() > kPackedPixels ? "deflate" : "none";
  layout.overviews = false;
  RasterWriter writer(path, layout);
  const torch::Tensor patches = torch::randint(0, 256, {3, kTile / 32, kTile / 32}, torch::kByte);
  const torch::Tensor block = patches.repeat_interleave(32, 1).repeat_interleave(32, 2);
  for (std::int64_t row = 0; row < size.height; row += kTile) {
    for (std::int64_t column = 0; column < size.width; column += kTile) {
      const Window window{row, column, std::min(kTile, size.height - row),
                          std::min(kTile, size.width - column)};
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

// The network alone in pauses of a run. Progress comes from the thread that runs the network, after each
// tile.
class AloneBetween : public ProgressObserver {
 public:
  AloneBetween(std::function<void()> tile, std::int64_t tiles, std::int64_t every)
      : tile_(std::move(tile)),
        between_(std::max<std::int64_t>(1, tiles / kPauses)),
        at_a_time_(std::max<std::int64_t>(1, between_ / every)) {}

  void progress(const Progress& now) override {
    if (now.stage != "predict" || ++seen_ % between_ != 0) return;
    const Cost pause = measure([&] {
      std::this_thread::sleep_for(kBeforePause);
      tile_();  // brings its weights back to the caches
      const Cost tiles = measure([&] {
        for (std::int64_t i = 0; i < at_a_time_; ++i) tile_();
      });
      alone_.wall += tiles.wall;
      alone_.cpu += tiles.cpu;
    });
    paused_.wall += pause.wall;
    paused_.cpu += pause.cpu;
    run_ += at_a_time_;
  }

  std::int64_t run() const { return run_; }
  // Of so many tiles.
  Cost alone(std::int64_t tiles) const {
    const double times = static_cast<double>(tiles) / static_cast<double>(run_);
    return {alone_.wall * times, alone_.cpu * times};
  }
  const Cost& paused() const { return paused_; }

 private:
  std::function<void()> tile_;
  std::int64_t between_, at_a_time_, seen_ = 0, run_ = 0;
  Cost alone_, paused_;
};

struct Round {
  Cost alone, whole;
};

void report(const std::vector<Round>& rounds, const Size& size) {
  std::vector<double> ratio, outside, wall, cpu;
  for (const auto& [alone, whole] : rounds) {
    ratio.push_back(alone.wall / whole.wall);
    outside.push_back(whole.cpu - alone.cpu);
    wall.push_back(whole.wall);
    cpu.push_back(whole.cpu);
  }
  const double megapixels = static_cast<double>(size.pixels()) * 1e-6;
  std::cout << "network alone / end to end: " << median(ratio)
            << "\nend to end: " << megapixels / median(wall) << " MPix/s, " << median(wall)
            << " s\nprocessor time: " << median(cpu) << " s, " << 1e3 * median(cpu) / megapixels
            << " ns a pixel; outside the network: " << median(outside) << " s, "
            << 1e3 * median(outside) / megapixels << " ns a pixel\npeak memory: " << bench::peak_mib()
            << " MiB\n";
}

struct Settings {
  Size size;
  std::int64_t rounds = 5;
  std::string network = "conv", precision = "fp32";
  std::int64_t memory = 2048;  // MiB
  std::int64_t every = 1;
};

void run(const Settings& settings) {
  const Size& size = settings.size;
  const Workplace folder;
  const std::string image = (folder / "image.tif").string();
  write_raster(image, size);
  const LoadedModel model = make_model(settings.network);
  PredictConfig config{.tile = kTile, .precision = settings.precision, .device = "cpu"};
  config.memory = settings.memory << 20;
  constexpr std::int64_t kBatch = 1;  // what prediction chooses for such tiles
  const TileFunction run_tiles = make_tile_function(model, config);
  const TileGrid grid(size.height, size.width, kTile, config.overlap);
  const std::int64_t tiles = grid.rows() * grid.columns();
  const torch::Tensor batch = torch::randint(0, 256, {kBatch, 3, kTile, kTile}, torch::kByte);
  std::cout << settings.network << " " << settings.precision << ", " << size.width << " x " << size.height
            << ", " << tiles << " tiles of " << kTile << ", " << torch::get_num_threads() << " threads, "
            << settings.rounds << " rounds" << std::endl;

  const auto run_tile = [&] { run_tiles(batch, {}); };
  const auto predict = [&](ProgressObserver& observer) {
    return measure([&] { predict_raster(model, image, {.classes = folder / "map.tif"}, config, observer); });
  };
  std::vector<Round> rounds;
  run_tile();
  for (std::int64_t round = 0; round < settings.rounds; ++round) {
    if (settings.every > 1) {
      AloneBetween between(run_tile, tiles, settings.every);
      const Cost all = predict(between);
      const Cost& paused = between.paused();
      rounds.push_back({between.alone(tiles), {all.wall - paused.wall, all.cpu - paused.cpu}});
      std::cout << "the network alone ran on " << between.run() << " tiles in pauses" << std::endl;
    } else {
      const Cost alone = measure([&] {
        for (std::int64_t tile = 0; tile < tiles; tile += kBatch) run_tile();
      });
      rounds.push_back({alone, predict(silent_observer())});
    }
  }
  report(rounds, size);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Settings settings;
    if (argc > 1) settings.size = parse_size(argv[1]);
    if (argc > 2) settings.rounds = std::stoll(argv[2]);
    if (argc > 3) settings.network = argv[3];
    if (argc > 4) settings.precision = argv[4];
    if (argc > 5) settings.memory = std::stoll(argv[5]);
    if (argc > 6) settings.every = std::stoll(argv[6]);
    run(settings);
  } catch (const std::exception& error) {
    std::cerr << "predict_bench: " << error.what() << "\n";
    return 1;
  }
}
