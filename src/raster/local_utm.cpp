#include "raster/local_utm.h"

#include <algorithm>
#include <cmath>

#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {
namespace {

// EPSG's number of the grid that the point lies in.
int grid_of(double longitude, double latitude) {
  constexpr int kUpsNorth = 5041, kUpsSouth = 5042, kUtmNorth = 32600, kUtmSouth = 32700;
  if (latitude > 84) return kUpsNorth;
  if (latitude < -80) return kUpsSouth;
  const int zone = std::clamp(static_cast<int>(std::floor((longitude + 180) / 6)) + 1, 1, 60);
  return (latitude < 0 ? kUtmSouth : kUtmNorth) + zone;
}

OGRSpatialReference epsg(int code) {
  OGRSpatialReference crs;
  crs.importFromEPSG(code);
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return crs;
}

}  // namespace

GeoReference local_utm(const GroundPicture& picture) {
  const GdalMessages messages;
  const OGRSpatialReference degrees = epsg(4326), grid = epsg(grid_of(picture.longitude, picture.latitude));
  const std::unique_ptr<OGRCoordinateTransformation> transform(
      OGRCreateCoordinateTransformation(&degrees, &grid));
  double x = picture.longitude, y = picture.latitude;
  if (!transform || !transform->Transform(1, &x, &y)) {
    throw DataError("the point " + std::to_string(picture.longitude) + ", " +
                    std::to_string(picture.latitude) + " cannot be projected: " + messages.text());
  }
  GeoReference geo;
  geo.crs = to_wkt(&grid);
  const double left = x - static_cast<double>(picture.width) * picture.pixel / 2;
  const double top = y + static_cast<double>(picture.height) * picture.pixel / 2;
  geo.transform = {left, picture.pixel, 0, top, 0, -picture.pixel};
  return geo;
}

}  // namespace nadir
