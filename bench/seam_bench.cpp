// How visible the tiles are in a map: the mean absolute step of the probabilities between neighbouring pixels
// where a tile begins or ends, over the mean elsewhere; 1 when nothing shows. Blended as prediction does it,
// and without.
//
//   seam_bench MODEL IMAGE [tile, default the model's]
#include <torch/torch.h>

#include <iostream>
#include <set>

#include "nadir/predict.h"
#include "nadir/raster.h"

namespace {

using namespace nadir;

// Positions where a tile of the grid begins or ends, between 1 and size - 1.
std::set<std::int64_t> seams(const TileGrid& grid, std::int64_t count, bool down, std::int64_t size) {
  std::set<std::int64_t> positions;
  for (std::int64_t i = 0; i < count; ++i) {
    const Window window = down ? grid.window(i, 0) : grid.window(0, i);
    const std::int64_t first = down ? window.row : window.column;
    for (const std::int64_t each : {first, first + grid.tile()}) {
      if (each > 0 && each < size) positions.insert(each);
    }
  }
  return positions;
}

// map: [K, H, W]. Steps along `dim`.
double contrast(const torch::Tensor& map, std::int64_t dim, const std::set<std::int64_t>& at) {
  std::vector<std::int64_t> others = {0, 1, 2};
  others.erase(others.begin() + dim);
  const torch::Tensor steps = map.diff(1, dim).abs().mean(others);
  double on = 0, off = 0;
  for (std::int64_t i = 0; i < steps.size(0); ++i) (at.contains(i + 1) ? on : off) += steps[i].item<double>();
  const auto count = static_cast<double>(at.size());
  return (on / count) / (off / (static_cast<double>(steps.size(0)) - count));
}

void measure(const LoadedModel& model, const RasterReader& reader, PredictConfig config) {
  const RasterInfo& info = reader.info();
  std::vector<std::int64_t> bands = model.card.band_numbers;
  PixelSource source{
      info.height, info.width, std::ssize(bands), [&](const Window& window) {
        return PixelSource::Pixels{reader.read(window, bands), reader.read_valid(window, bands)};
      }};
  torch::Tensor map = torch::empty({std::ssize(model.card.classes), info.height, info.width});
  predict_rows(source, map.size(0), make_tile_function(model, config), config,
               [&](std::int64_t row, const torch::Tensor& rows, const torch::Tensor&) {
                 map.narrow(1, row, rows.size(1)).copy_(rows);
               });
  const TileGrid grid(info.height, info.width, config.tile, config.overlap, config.borders);
  std::cout << config.window << ", overlap " << config.overlap << ": down "
            << contrast(map, 1, seams(grid, grid.rows(), true, info.height)) << ", across "
            << contrast(map, 2, seams(grid, grid.columns(), false, info.width)) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: seam_bench MODEL IMAGE [tile]\n";
    return 2;
  }
  try {
    const LoadedModel model = load_model(argv[1]);
    const RasterReader reader(argv[2]);
    PredictConfig config{.tile = argc > 3 ? std::stoll(argv[3]) : model.card.tile, .device = "cpu"};
    for (const auto& [window, overlap] :
         {std::pair{"spline", 0.5}, {"hann", 0.5}, {"linear", 0.5}, {"none", 0.0}}) {
      config.window = window;
      config.overlap = overlap;
      measure(model, reader, config);
    }
  } catch (const std::exception& error) {
    std::cerr << "seam_bench: " << error.what() << "\n";
    return 1;
  }
}
