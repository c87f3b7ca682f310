// Makes the outputs of rows of levels: GeoTIFFs, polygons, areas, an overlay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/products.h"
#include "predict/row_writer.h"
#include "predict/staged_output.h"

namespace nadir {

class MapWriter {
 public:
  // Throws DataError for folders that cannot be written.
  MapWriter(const ModelCard& card, std::vector<Product> products, const PredictOutputs& outputs);

  // The next rows of all products, from the top, as wide as the map.
  void add(const Levels& levels);
  // Instead, piece by piece: RowWriter::add_blocks.
  void add_blocks(std::int64_t column, const Levels& levels);
  // Makes what needs the whole map, then gives all outputs their names. `draw` makes the overlay of the class
  // map that lies under the given name.
  using Draw =
      std::function<void(const std::filesystem::path& classes, const std::filesystem::path& overlay)>;
  void finish(const Draw& draw, ProgressObserver& observer);

  // What has been counted.
  std::int64_t pixels() const { return pixels_; }  // with data
  const std::vector<std::int64_t>& class_pixels() const { return class_pixels_; }
  const std::vector<double>& class_areas() const { return class_areas_; }  // m2; empty without a CRS

 private:
  struct Map {
    std::unique_ptr<StagedOutput> output;
    std::unique_ptr<RowWriter> rows;
    std::unique_ptr<StagedOutput> picture;  // what is made of the output in the end
  };
  bool is_made(const Product& product) const;
  void count(std::int64_t column, const at::Tensor& classes);
  void count_row(const at::Tensor& classes, std::int64_t row, std::int64_t* counts) const;
  void settle_row(const std::int64_t* counts);
  const Map& map_of(Role role) const;
  void write_polygon_file(ProgressObserver& observer);
  std::string areas_json() const;

  const ModelCard& card_;
  std::vector<Product> products_;
  const PredictOutputs& outputs_;
  bool labels_, bands_of_labels_;  // one label, several
  std::vector<Map> maps_;          // of each product; empty for those that no file is made of
  std::unique_ptr<StagedOutput> polygons_, overlay_;
  std::int64_t row_ = 0;                  // the first that is not counted
  std::vector<std::int64_t> row_counts_;  // [rows being counted, classes + 1] pixels of each, and with data
  std::int64_t pixels_ = 0;
  std::vector<std::int64_t> class_pixels_;
  std::vector<double> class_areas_;
};

}  // namespace nadir
