// The parts that a map is worked in, and what they depend on.
#pragma once

#include <string>
#include <vector>

#include "nadir/predict.h"
#include "predict/products.h"
#include "predict/raster_source.h"

namespace nadir {

// Everything that the pixels depend on, as text: model, image files with size and time, settings, products.
std::string describe_work(const LoadedModel& model, const PredictInput& input, const RasterSource& source,
                          const PredictConfig& config, const std::vector<Product>& products);

// The rows of an area that a shard works. Throws ConfigError for a shard that there is none of.
Window rows_of_shard(const Window& area, const PredictShard& shard);
// A window in strips of columns, from the left, each at most `width` wide.
std::vector<Window> strips_of(const Window& window, std::int64_t width);

// A part's name, and back: rows and columns that it holds.
std::string part_name(const Window& part);
// Whether all pixels of the area are in parts that the folder says are done.
bool is_whole(const std::filesystem::path& folder, const Window& area);

}  // namespace nadir
