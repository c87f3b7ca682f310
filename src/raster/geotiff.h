// GeoTIFF files as nadir writes them: tiled, compressed, with everything a map needs inside.
#pragma once

#include <gdal_priv.h>

#include <filesystem>

#include "nadir/raster.h"

namespace nadir {

// The layout itself. Throws ConfigError when no GeoTIFF can have it; `path` names the raster in messages.
const RasterLayout& checked(const RasterLayout& layout, const std::filesystem::path& path);

// The file, open for writing, with its georeference, names, colours and metadata. GDAL's failures are left to
// the GdalMessages of the caller; the result is then null or unfit for use.
GDALDatasetUniquePtr create_geotiff(const std::filesystem::path& file, const RasterLayout& layout);

// Halves the raster until one side is below 256: nearest pixels for classes, means without nodata for the
// rest.
void add_overviews(const std::filesystem::path& file, const RasterLayout& layout);

// Writes the tiled file `from` as a cloud-optimised one.
void write_cog(const std::filesystem::path& from, const std::filesystem::path& to,
               const RasterLayout& layout);

}  // namespace nadir
