// Rasters on disk: windows in, windows out, georeferencing intact. The only part of nadir that talks to GDAL.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/runtime.h"
#include "nadir/window.h"

namespace nadir {

// Where a raster lies. x = t[0] + column*t[1] + row*t[2], y = t[3] + column*t[4] + row*t[5] (GDAL's order).
struct GeoReference {
  std::string crs;                                 // WKT; "" when unknown
  std::optional<std::array<double, 6>> transform;  // none for plain images
  struct ControlPoint {
    std::string id;
    double column = 0, row = 0, x = 0, y = 0, z = 0;
  };
  std::vector<ControlPoint> control_points;
  std::string control_points_crs;
};
// Whether two rasters lie on the same CRS (as GDAL compares them, not as text) and grid within 1e-6 of a
// pixel.
bool same_crs(const GeoReference& a, const GeoReference& b);
bool same_grid(const GeoReference& a, const GeoReference& b);

struct RasterBand {
  std::string name;  // description, or "band 3"
  std::optional<double> nodata;
};

struct RasterInfo {
  std::string path;
  std::int64_t height = 0, width = 0;
  std::int64_t block_rows = 1;     // height of the file's blocks
  std::int64_t block_columns = 1;  // their width
  std::vector<RasterBand> bands;
  at::ScalarType type = at::kByte;  // uint8, uint16, int16; every other type is read as float32
  std::string type_name;            // GDAL's: "Byte", "Int16", "Float64"
  bool has_mask = false;            // a mask band or alpha, beside nodata values
  GeoReference geo;
  std::vector<std::array<std::uint8_t, 4>> palette;  // RGBA by pixel value; empty when there is none
  std::vector<std::string> category_names;  // of a class raster, by pixel value; empty when there are none
};

// A raster open for reading. Not thread-safe: one reader a thread (opening is cheap). Plain images (PNG,
// JPEG) are rasters without a georeference. Anything that GDAL opens works, /vsizip/ and /vsicurl/ paths too.
class RasterReader {
 public:
  // Throws DataError: missing file, not a raster, no bands, sizes of bands differ.
  explicit RasterReader(const std::string& path);
  ~RasterReader();
  RasterReader(RasterReader&&) noexcept;
  RasterReader& operator=(RasterReader&&) noexcept;

  const RasterInfo& info() const;
  // [C, H, W] of info().type; `bands` are numbers from 1, empty for all. The window lies inside the raster.
  // Throws DataError naming file and window (truncated or corrupt blocks), ConfigError for a band out of
  // range.
  at::Tensor read(const Window& window, const std::vector<std::int64_t>& bands = {}) const;
  // [H, W] bool: false where a nodata value of any of `bands`, a mask band or alpha says so, or a float is
  // not finite. Undefined tensor when every pixel is valid.
  at::Tensor read_valid(const Window& window, const std::vector<std::int64_t>& bands = {}) const;
  // Both at once, each block decoded once.
  struct Pixels {
    at::Tensor image;  // [C, H, W]
    at::Tensor valid;  // [H, W] bool, or undefined
  };
  Pixels read_with_valid(const Window& window, const std::vector<std::int64_t>& bands = {}) const;
  // The whole raster shrunk to at most `longest` pixels a side, from overviews where there are any; for
  // pictures.
  at::Tensor read_overview(std::int64_t longest, const std::vector<std::int64_t>& bands = {}) const;
  // The same of a part of it.
  at::Tensor read_overview(std::int64_t longest, const std::vector<std::int64_t>& bands,
                           const Window& part) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

struct RasterClass {  // of a class raster
  std::string name;
  std::array<std::uint8_t, 3> color;
};

// What a raster to be written looks like.
struct RasterLayout {
  std::int64_t height = 0, width = 0, bands = 1;
  at::ScalarType type = at::kByte;  // uint8, uint16, int16 or float32
  GeoReference geo;
  std::optional<double> nodata;
  std::vector<std::string> band_names;  // empty: none
  std::vector<RasterClass> classes;     // empty, or colour table and category names by value
  std::map<std::string, std::string> metadata;
  std::string compress = "deflate";  // deflate, zstd, lzw, none
  std::int64_t tile = 512;           // side of the file's blocks; a multiple of 16
  bool overviews = true;             // halved until one side is below 256
  bool cog = false;                  // cloud-optimised: overviews before the pixels, an order for streaming
};

// A GeoTIFF being written under a temporary name; it appears under its own when finish() succeeds, and never
// when it does not: what was there before stays. BigTIFF is chosen when the size may need it.
class RasterWriter {
 public:
  // Throws DataError when the folder cannot be written.
  RasterWriter(const std::filesystem::path& path, const RasterLayout& layout);
  ~RasterWriter();
  RasterWriter(RasterWriter&&) noexcept;
  RasterWriter& operator=(RasterWriter&&) noexcept;

  // pixels: [bands, H, W] of the layout's type. Throws DataError (disk full: says so, and that the old file
  // stays).
  void write(const Window& window, const at::Tensor& pixels);
  // Writes overviews, syncs and renames.
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

// A raster at another size, as a GeoTIFF: a band of rows at a time, georeference scaled, names, nodata,
// palette and class names kept, written atomically.
struct ResizeOptions {
  std::int64_t height = 0, width = 0;  // of the result
  // lanczos4: OpenCV's INTER_LANCZOS4; bilinear: GDAL's, which averages when it shrinks; nearest: the pixel
  // under the centre, floor((x + 0.5) * scale), for masks
  std::string method = "lanczos4";
};
// Throws ConfigError (size, method), DataError.
void resize_raster(const std::string& input, const ResizeOptions& options,
                   const std::filesystem::path& output, ProgressObserver& observer = silent_observer());

// The connected areas (4 neighbours) of equal class of a class raster as polygons in its CRS: attributes
// class (name), value, area_m2 (on the ellipsoid when the CRS is geographic; null without a CRS),
// mean_probability.
struct PolygonOptions {
  std::vector<RasterClass> classes;       // names by value
  std::vector<std::int64_t> skip_values;  // classes that make no polygons ("land"); nodata never does
  std::int64_t min_pixels = 1;            // smaller areas are left out
  double min_area = 0;                    // m2; the same; needs a CRS
  // Areas of fewer pixels first become part of their largest neighbour (GDAL's sieve filter, 4 neighbours).
  std::int64_t sieve = 0;
  // Pixels that outlines may move by: Douglas and Peucker's method (1973) on each border between two areas,
  // so that neighbours keep one border.
  double simplify = 0;
  std::string layer = "classes";
};
struct PolygonSummary {
  std::int64_t polygons = 0;
  std::vector<std::int64_t> pixels;  // by class value, of the polygons that were written
};
// `output`'s suffix picks the format: .gpkg, .geojson, .fgb. `probability` is the raster of the class's own
// probability (uint8 0..255 or float 0..1), "" for none. Memory grows with a row and the number of areas.
PolygonSummary write_polygons(const std::string& class_raster, const std::string& probability,
                              const std::filesystem::path& output, const PolygonOptions& options,
                              ProgressObserver& observer = silent_observer());

// Square metres of `pixels` pixels of a raster's row; nothing without a CRS or a transform. Geographic: on
// the ellipsoid.
std::optional<double> area_of_pixels(const GeoReference& geo, std::int64_t row, std::int64_t pixels);

// Normalised differences and other spectral indices. bands: [C, H, W] float32; result [H, W] float32, NaN
// where undefined (0/0).
struct SpectralIndex {
  std::string name;                // "mndwi"
  std::string formula;             // "(green - swir1) / (green + swir1)"
  std::string source;              // "Xu 2006, doi:10.1080/01431160600589179"
  std::vector<std::string> bands;  // roles that it needs, in order: "green", "swir1"
};
const std::vector<SpectralIndex>& spectral_indices();
// Throws ConfigError for an unknown name.
const SpectralIndex& find_spectral_index(const std::string& name);
at::Tensor compute_spectral_index(const SpectralIndex& index, const at::Tensor& bands);

// Otsu's threshold (1979): the split of a 256-bin histogram over [low, high] with the largest variance
// between the two sides. `histogram`: counts. Throws DataError when all counts lie in one bin.
double otsu_threshold(const std::vector<std::int64_t>& histogram, double low, double high);

// A weak label raster: 1 where the index is above the threshold, 0 where it is not, 255 (nodata) where it is
// undefined. Same grid as the image; written atomically; reads a band of rows at a time.
struct IndexMaskOptions {
  std::string index = "mndwi";
  std::map<std::string, std::int64_t> bands;  // role -> band number from 1: {"green", 2}, {"swir1", 5}
  std::optional<double> threshold;            // none: Otsu's
  std::vector<RasterClass> classes;           // names and colours of 0 and 1; empty: none
};
struct IndexMaskSummary {
  double threshold = 0;
  std::int64_t below = 0, above = 0, unknown = 0;  // pixels
};
// Throws ConfigError (unknown index, a role without a band), DataError.
IndexMaskSummary write_index_mask(const std::string& image, const IndexMaskOptions& options,
                                  const std::filesystem::path& output,
                                  ProgressObserver& observer = silent_observer());

// PNG and JPEG of an [H, W, 3] or [H, W] uint8 tensor, in memory; for reports. quality: 1..100, JPEG only.
std::string encode_png(const at::Tensor& picture);
std::string encode_jpeg(const at::Tensor& picture, int quality = 85);
// A raster of one to four bands of uint8 or uint16 as PNG, with its colour table. Not atomic: for temporary
// files.
void copy_as_png(const std::filesystem::path& raster, const std::filesystem::path& png);

}  // namespace nadir
