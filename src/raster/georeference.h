// Georeferences between GDAL's data sets and nadir's GeoReference.
#pragma once

#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <string>

#include "nadir/raster.h"

namespace nadir {

GeoReference read_georeference(GDALDataset& dataset);
// A transform goes before control points: GeoTIFF holds one of them. False when GDAL refuses.
// Throws DataError for a CRS that cannot be understood.
bool write_georeference(GDALDataset& dataset, const GeoReference& geo);

// WKT 2; "" for none.
std::string to_wkt(const OGRSpatialReference* crs);

// x before y whatever the CRS's authority says, as in every raster file. Throws DataError.
OGRSpatialReference parse_crs(const std::string& wkt);

}  // namespace nadir
