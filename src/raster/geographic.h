// Where a pixel lies on the globe.
#pragma once

#include "nadir/raster.h"

namespace nadir {

struct GeographicPoint {
  double longitude = 0, latitude = 0;  // degrees, WGS 84
};

// From pixels of a raster to longitude and latitude.
class GeographicPlaces {
 public:
  // Throws DataError, naming `path`, for a raster without a CRS or a transform.
  GeographicPlaces(const GeoReference& geo, const std::string& path);
  ~GeographicPlaces();
  GeographicPlaces(const GeographicPlaces&) = delete;
  GeographicPlaces& operator=(const GeographicPlaces&) = delete;

  // Counted from the upper left corner of the first pixel: its centre is at 0.5, 0.5.
  // Throws DataError for a place that the CRS does not reach.
  GeographicPoint at(double column, double row) const;

 private:
  class State;
  std::unique_ptr<State> state_;
  std::string path_;
};

}  // namespace nadir
