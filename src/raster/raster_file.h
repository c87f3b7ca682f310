// Opening a raster and saying what it is.
#pragma once

#include <gdal_priv.h>

#include <string>

#include "nadir/raster.h"

namespace nadir {

// Throws DataError that tells a missing file, a folder, another kind of file and a damaged raster apart.
GDALDatasetUniquePtr open_raster(const std::string& path);
// Throws DataError: no bands, bands of different sizes.
RasterInfo describe_raster(GDALDataset& dataset, const std::string& path);

// Bytes with a sign: a Byte band with a mark beside it, until GDAL 3.7.
bool holds_signed_bytes(GDALDataset& dataset);

}  // namespace nadir
