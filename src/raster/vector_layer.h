// Polygons of a vector file as labels of a raster's pixels, a window at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nadir/raster.h"
#include "nadir/window.h"

namespace nadir {

// What the polygons of a file stand for.
struct VectorLayerOptions {
  std::string path;       // GeoPackage, GeoJSON, Shapefile, and whatever else GDAL opens
  std::string layer;      // "": the only one
  std::string attribute;  // whose value says a polygon's label; "": all have the label `all`
  std::map<std::string, std::uint8_t> labels;  // by the attribute's value as text: "water", "3"
  std::uint8_t all = 1;
  std::string crs;           // of files that name none: "EPSG:32633", WKT, …
  bool all_touched = false;  // pixels that a polygon touches; else those whose centre it holds
  bool repair = false;       // polygons whose rings cross or stay open are made valid; else they are errors
};

// Not thread-safe: one for each thread.
class VectorLayer {
 public:
  // Throws DataError: no such file, no vector file, layer or attribute missing (with those there are), no
  // CRS.
  explicit VectorLayer(VectorLayerOptions options);
  ~VectorLayer();
  VectorLayer(VectorLayer&&) noexcept;
  VectorLayer& operator=(VectorLayer&&) noexcept;

  // Looks at every feature once. Throws DataError that names those (by number) that are no polygons, have
  // broken rings, no value of the attribute, or one that stands for no label.
  void check() const;
  // [h, w] uint8: the label of the last polygon (by number) over each pixel of `window` of a raster that lies
  // at `geo`, in its CRS or any other; `background` where there is none. Of the polygons with label `only`
  // alone where it is not negative. Throws DataError (no transform or CRS, a CRS that cannot be reached).
  at::Tensor burn(const GeoReference& geo, const Window& window, std::uint8_t background,
                  int only = -1) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace nadir
