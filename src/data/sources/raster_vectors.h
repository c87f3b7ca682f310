// Rasters with polygons as labels: rasterised by window on the fly, so that nobody has to burn masks first.
#pragma once

#include "data/sources/image_set.h"
#include "nadir/data.h"

namespace nadir {

struct RasterVectorsConfig {
  std::vector<std::string> images;    // files or patterns
  std::vector<std::string> polygons;  // one file for all images, or one for each in their order
  std::string layer;                  // of the polygons; "": the only one
  std::string attribute;              // whose value is a class's name or value; "": all are of polygon_class
  std::string polygon_class;          // "": the last class
  std::string background;             // class of pixels without a polygon, or "ignore"; "": the first class
  std::vector<std::string> ignore_attributes;  // values of the attribute whose polygons do not count
  bool all_touched = false;  // pixels that a polygon touches; else those whose centre it holds
  bool repair = false;       // mend crossing and open rings instead of refusing them
  std::string polygons_crs;  // of files that name none: "EPSG:32633"
  std::string area;          // polygons outside of which nothing counts; "": everywhere
  std::string area_layer;
  ImageConfig image;  // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Where polygons overlap, the one with the larger feature number lies on top; in a multilabel task each class
// has its own. Polygons in another CRS are reprojected. All features are looked at when the source is made:
// throws DataError as VectorLayer does, and for images without CRS or transform.
std::shared_ptr<Source> make_raster_vectors(const RasterVectorsConfig& config, const LabelSpec& labels);

}  // namespace nadir
