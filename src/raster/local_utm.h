// Where a picture of a given place lies on the ground.
#pragma once

#include "nadir/raster.h"

namespace nadir {

struct GroundPicture {
  double longitude = 0, latitude = 0;  // of the centre, degrees on WGS 84
  double pixel = 1;                    // metres
  std::int64_t height = 0, width = 0;  // pixels
};
// North up, in the UTM zone of the centre; beyond 84 N and 80 S in the polar stereographic grids (UPS).
// Throws DataError when the point cannot be projected.
GeoReference local_utm(const GroundPicture& picture);

}  // namespace nadir
