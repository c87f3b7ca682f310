#include <ATen/ATen.h>

#include <algorithm>

#include "core/text.h"
#include "nadir/raster.h"
#include "raster/resample.h"

namespace nadir {
namespace {

constexpr std::int64_t kResizedRows = 64;  // of the result, at a time
constexpr std::int64_t kResizedColumns = 4096;

// Colours and names of a class raster; those without a name are called by their value.
std::vector<RasterClass> classes_of(const RasterInfo& info) {
  std::vector<RasterClass> classes;
  if (info.bands.size() != 1) return classes;
  for (std::size_t i = 0; i < info.palette.size(); ++i) {
    const auto& color = info.palette[i];
    classes.push_back({i < info.category_names.size() ? info.category_names[i] : std::to_string(i),
                       {color[0], color[1], color[2]}});
  }
  return classes;
}

RasterLayout layout_of(const RasterInfo& info, const ResizedGrid& grid) {
  RasterLayout layout{.height = grid.height(),
                      .width = grid.width(),
                      .bands = static_cast<std::int64_t>(info.bands.size()),
                      .type = info.type,
                      .geo = grid.scaled(info.geo),
                      .nodata = info.bands[0].nodata,
                      .band_names = {},
                      .classes = classes_of(info),
                      .metadata = {},
                      .overviews = false};
  for (const RasterBand& band : info.bands) layout.band_names.push_back(band.name);
  return layout;
}

}  // namespace

void resize_raster(const std::string& input, const ResizeOptions& options,
                   const std::filesystem::path& output, ProgressObserver& observer) {
  const Resampling method = parse_resampling(options.method);
  if (options.height < 1 || options.width < 1) {
    throw ConfigError("a raster of " + std::to_string(options.width) + " x " +
                      std::to_string(options.height) + " pixels cannot be made; name sides of 1 or more");
  }
  const RasterReader reader(input);
  const RasterInfo& info = reader.info();
  if (method != Resampling::kNearest && !info.palette.empty()) {
    throw ConfigError(input +
                      ": its values are numbers of colours, which have no mean; resize it by nearest");
  }
  const ResizedGrid grid(info.height, info.width, options.height, options.width);
  RasterWriter writer(output, layout_of(info, grid));
  for (std::int64_t row = 0; row < grid.height(); row += kResizedRows) {
    for (std::int64_t column = 0; column < grid.width(); column += kResizedColumns) {
      if (stop_requested()) throw Interrupted("resizing was interrupted; nothing was written");
      const Window window =
          intersection({row, column, kResizedRows, kResizedColumns}, {0, 0, grid.height(), grid.width()});
      const Window from = grid.source(window, method);
      const at::Tensor valid = method == Resampling::kNearest ? at::Tensor() : reader.read_valid(from);
      writer.write(window, grid.resample(reader.read(from), valid, from, window, method));
    }
    observer.progress({"resize", std::min(row + kResizedRows, grid.height()), grid.height(),
                       std::filesystem::path(input).filename()});
  }
  writer.finish();
}

}  // namespace nadir
