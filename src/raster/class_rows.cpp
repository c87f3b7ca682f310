#include "raster/class_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/text.h"
#include "raster/connected_areas.h"

namespace nadir {
namespace {

constexpr std::int64_t kStripPixels = 8 << 20;
constexpr std::int64_t kStripRows = 512;  // whole blocks of nadir's own rasters
constexpr std::int64_t kLargestClass = 65535;

std::string size_of(const RasterInfo& info) {
  return std::to_string(info.height) + " x " + std::to_string(info.width) + " pixels";
}

void check_one_band(const RasterInfo& info, const std::string& kind) {
  if (info.bands.size() == 1) return;
  throw DataError(info.path + ": has " + counted(std::ssize(info.bands), "band") + "; a " + kind +
                  " raster has one");
}

void check_pair(const RasterInfo& classes, const RasterInfo& probability) {
  check_one_band(probability, "probability");
  const std::string where = probability.path + ": ";
  if (probability.height != classes.height || probability.width != classes.width) {
    throw DataError(where + "has " + size_of(probability) + ", the class raster " + classes.path + " has " +
                    size_of(classes));
  }
  if (!same_grid(classes.geo, probability.geo)) {
    throw DataError(where + "lies on another CRS or grid than the class raster " + classes.path);
  }
  if (probability.type != at::kByte && probability.type != at::kFloat) {
    throw DataError(where + "holds " + probability.type_name +
                    "; probabilities are Byte 0..255 or floats 0..1");
  }
}

}  // namespace

ClassRows::ClassRows(const std::string& class_raster, const std::string& probability,
                     std::vector<std::int64_t> skip_values)
    : classes_(class_raster), skip_values_(std::move(skip_values)) {
  check_one_band(info(), "class");
  if (probability.empty()) return;
  probability_.emplace(probability);
  check_pair(info(), probability_->info());
}

at::Tensor ClassRows::read_values(const Window& window) const {
  const at::Tensor pixels = classes_.read(window)[0];
  at::Tensor values = pixels.to(at::kInt);
  at::Tensor outside = values.lt(0).logical_or_(values.gt(kLargestClass));
  if (pixels.is_floating_point()) outside.logical_or_(values.ne(pixels));
  if (const at::Tensor valid = classes_.read_valid(window); valid.defined()) {
    outside.logical_and_(valid);
    values.masked_fill_(valid.logical_not(), kNoClass);
  }
  if (outside.any().item<bool>()) {
    throw DataError(info().path + ": " + to_string(window) + ": " +
                    shortest(pixels.masked_select(outside)[0].item<double>()) +
                    " is no class; classes are whole numbers from 0 to 65535, other pixels must be nodata");
  }
  for (const std::int64_t skipped : skip_values_) values.masked_fill_(values.eq(skipped), kNoClass);
  return values;
}

at::Tensor ClassRows::read_probabilities(const Window& window) const {
  const at::Tensor pixels = probability_->read(window, {1})[0];
  at::Tensor values = pixels.is_floating_point() ? pixels : pixels.to(at::kFloat).div_(255);
  if (const at::Tensor valid = probability_->read_valid(window, {1}); valid.defined()) {
    values.masked_fill_(valid.logical_not(), std::numeric_limits<float>::quiet_NaN());
  }
  return values;
}

void ClassRows::for_each(const std::function<void(const Row&)>& visit) const {
  const std::int64_t width = info().width;
  const std::int64_t strip = std::clamp<std::int64_t>(kStripPixels / width, 1, kStripRows);
  for (std::int64_t top = 0; top < info().height; top += strip) {
    const Window window{top, 0, std::min(strip, info().height - top), width};
    const at::Tensor values = read_values(window);
    const at::Tensor probabilities = probability_ ? read_probabilities(window) : at::Tensor();
    const auto length = static_cast<std::size_t>(width);
    for (std::int64_t i = 0; i < window.height; ++i) {
      Row row{.row = top + i,
              .values = {values.const_data_ptr<std::int32_t>() + i * width, length},
              .probabilities = {}};
      if (probability_) row.probabilities = {probabilities.const_data_ptr<float>() + i * width, length};
      visit(row);
    }
  }
}

}  // namespace nadir
