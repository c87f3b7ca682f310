#include "data/sources/pair_check.h"

#include "core/text.h"

namespace nadir {
namespace {

std::string size_text(const RasterInfo& info) {
  return std::to_string(info.height) + " x " + std::to_string(info.width) + " pixels";
}

// The name that a WKT text gives its CRS: PROJCS["WGS 84 / UTM zone 25S",...
std::string crs_name(const std::string& wkt) {
  const std::size_t begin = wkt.find('"');
  const std::size_t end = begin == std::string::npos ? begin : wkt.find('"', begin + 1);
  return end == std::string::npos ? wkt : wkt.substr(begin + 1, end - begin - 1);
}

std::string grid_text(const GeoReference& geo) {
  std::string text = "[";
  for (const double value : *geo.transform) text += (text.size() > 1 ? ", " : "") + shortest(value);
  return text + "]";
}

[[noreturn]] void throw_mismatch(const RasterInfo& image, const RasterInfo& mask, const std::string& what,
                                 const std::string& of_image, const std::string& of_mask,
                                 const std::string& advice) {
  throw DataError("image and mask differ in " + what + ": " + image.path + " has " + of_image + ", " +
                  mask.path + " has " + of_mask + "; " + advice);
}

}  // namespace

void check_pair(const RasterInfo& image, const RasterInfo& mask) {
  if (image.height != mask.height || image.width != mask.width) {
    throw_mismatch(image, mask, "size", size_text(image), size_text(mask),
                   "bring the mask to the image's pixels");
  }
  const bool both_crs = !image.geo.crs.empty() && !mask.geo.crs.empty();
  if (both_crs && !same_crs(image.geo, mask.geo)) {
    throw_mismatch(image, mask, "CRS", crs_name(image.geo.crs), crs_name(mask.geo.crs), "reproject the mask");
  }
  if (!image.geo.transform || !mask.geo.transform) return;
  GeoReference mask_grid = mask.geo;
  mask_grid.crs = image.geo.crs;  // compared above, as far as both have one
  if (!same_grid(image.geo, mask_grid)) {
    throw_mismatch(image, mask, "grid", "the transform " + grid_text(image.geo), grid_text(mask.geo),
                   "resample the mask to the image's grid");
  }
}

}  // namespace nadir
