#include "raster/resampled_view.h"

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal_utils.h>

#include <atomic>
#include <cmath>

#include "core/text.h"
#include "raster/gdal.h"
#include "raster/georeference.h"
#include "raster/raster_file.h"

namespace nadir {
namespace {

struct GroundSize {
  double x = 0, y = 0;  // in units of the CRS
};

// What so many metres are in the CRS: degrees are taken where the raster's middle lies.
GroundSize in_units(const RasterInfo& raster, double metres) {
  if (raster.geo.crs.empty()) return {metres, metres};
  const OGRSpatialReference crs = parse_crs(raster.geo.crs);
  if (!crs.IsGeographic()) {
    const double side = metres / crs.GetLinearUnits();
    return {side, side};
  }
  const auto& t = *raster.geo.transform;
  const double latitude =
      (t[3] + static_cast<double>(raster.width) / 2 * t[4] + static_cast<double>(raster.height) / 2 * t[5]) *
      crs.GetAngularUnits();
  const double down = metres / crs.GetSemiMajor() / crs.GetAngularUnits();
  return {down / std::max(0.01, std::cos(latitude)), down};
}

std::string next_path() {
  static std::atomic<int> count{0};
  return "/vsimem/nadir-resampled-" + std::to_string(count++) + ".vrt";
}

}  // namespace

std::optional<double> ground_resolution(const RasterInfo& raster) {
  const std::optional<double> area = area_of_pixels(raster.geo, raster.height / 2, 1);
  return area ? std::optional(std::sqrt(*area)) : std::nullopt;
}

ResampledView::ResampledView(const RasterInfo& raster, double metres) : path_(next_path()) {
  if (!(metres > 0))
    throw ConfigError("the resolution is " + shortest(metres) + "; it is metres a pixel, above 0");
  if (!raster.geo.transform)
    throw DataError(raster.path + ": has no transform, so that its resolution is not known");
  const GDALDatasetUniquePtr source = open_raster(raster.path);
  const GdalMessages messages;
  const GroundSize size = in_units(raster, metres);
  const bool coarser = metres > ground_resolution(raster).value_or(std::abs((*raster.geo.transform)[1]));
  CPLStringList arguments;
  for (const std::string& each :
       {std::string("-of"), std::string("VRT"), std::string("-tr"), shortest(size.x), shortest(size.y),
        std::string("-r"), std::string(coarser ? "average" : "bilinear"), std::string("-et"),
        std::string("0")}) {
    arguments.AddString(each.c_str());
  }
  // Rotated rasters leave corners that no pixel covers.
  bool marked = raster.has_mask;
  for (const RasterBand& band : raster.bands) marked = marked || band.nodata;
  if (!marked) arguments.AddString("-dstalpha");
  GDALWarpAppOptions* const options = GDALWarpAppOptionsNew(arguments.List(), nullptr);
  GDALDatasetH handle = GDALDataset::ToHandle(source.get());
  int failed = 0;
  const GDALDatasetUniquePtr view(
      GDALDataset::FromHandle(GDALWarp(path_.c_str(), nullptr, 1, &handle, options, &failed)));
  GDALWarpAppOptionsFree(options);
  if (!view || failed) {
    throw DataError(raster.path + ": cannot be resampled to " + shortest(metres) + " m: " + messages.text());
  }
}

ResampledView::~ResampledView() {
  const GdalMessages quiet;
  VSIUnlink(path_.c_str());
}

}  // namespace nadir
