#include "raster/geographic.h"

#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {

class GeographicPlaces::State {
 public:
  std::array<double, 6> transform = {};
  std::unique_ptr<OGRCoordinateTransformation> to_globe;
};

GeographicPlaces::GeographicPlaces(const GeoReference& geo, const std::string& path)
    : state_(std::make_unique<State>()), path_(path) {
  if (geo.crs.empty() || !geo.transform) {
    throw DataError(path + ": has no CRS or no transform, so that nobody knows where its pixels lie");
  }
  const GdalMessages messages;
  const OGRSpatialReference from = parse_crs(geo.crs);
  OGRSpatialReference globe;
  globe.importFromEPSG(4326);
  globe.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);  // longitude first
  state_->transform = *geo.transform;
  state_->to_globe.reset(OGRCreateCoordinateTransformation(&from, &globe));
  if (!state_->to_globe) {
    throw DataError(path + ": its CRS leads to no longitude and latitude: " + messages.text());
  }
}

GeographicPlaces::~GeographicPlaces() = default;

GeographicPoint GeographicPlaces::at(double column, double row) const {
  const GdalMessages messages;
  const std::array<double, 6>& t = state_->transform;
  GeographicPoint point{t[0] + column * t[1] + row * t[2], t[3] + column * t[4] + row * t[5]};
  if (!state_->to_globe->Transform(1, &point.longitude, &point.latitude)) {
    throw DataError(path_ + ": column " + std::to_string(column) + ", row " + std::to_string(row) +
                    " has no longitude and latitude: " + messages.text());
  }
  return point;
}

}  // namespace nadir
