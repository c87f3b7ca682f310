// Turns rows of probabilities into the maps that were asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/row_writer.h"
#include "predict/staged_output.h"

namespace nadir {

constexpr std::uint8_t kNoData = 255;             // of every map
constexpr std::int64_t kMostMappedClasses = 255;  // indices 0 .. 254

class MapWriter {
 public:
  // Throws ConfigError for products that the model cannot give, DataError for folders that cannot be written.
  MapWriter(const ModelCard& card, const RasterInfo& image, const PredictOutputs& outputs);

  // A RowSink: rows from the top. Throws ModelError for probabilities that are not finite.
  void add(std::int64_t first_row, const torch::Tensor& probabilities, const torch::Tensor& valid);
  // Makes the polygons, then gives all products their names.
  void finish(ProgressObserver& observer);

  std::int64_t pixels() const { return pixels_; }
  const std::vector<std::int64_t>& class_pixels() const { return class_pixels_; }

 private:
  struct Map {
    std::unique_ptr<StagedOutput> output;
    std::unique_ptr<RowWriter> rows;
    explicit operator bool() const { return output != nullptr; }
  };
  void check_products() const;
  Map make_map(const std::filesystem::path& target, const RasterLayout& layout) const;
  RasterLayout layout(const std::vector<std::string>& bands) const;
  void make_class_map();
  void make_probability_map();
  void make_polygon_maps();

  void add_row(std::int64_t row, const std::vector<const float*>& probabilities, const bool* valid);
  void label_strongest(const std::vector<const float*>& probabilities, const bool* valid);
  void label_each(const std::vector<const float*>& probabilities, const bool* valid);
  void write_levels(Map& map, std::int64_t band, const float* probabilities, float full, const bool* valid);
  void write_polygon_file(ProgressObserver& observer);

  const ModelCard& card_;
  const RasterInfo& image_;
  const PredictOutputs& outputs_;
  bool multilabel_;
  std::vector<RasterClass> values_;              // what the class map's values stand for
  std::vector<std::int64_t> probability_bands_;  // class of each band of the probability map
  std::unique_ptr<StagedOutput> polygons_;
  Map classes_;  // under a hidden name when only polygons are wanted
  Map probability_;
  Map confidence_;  // the mapped class's own probability, for the polygons

  std::vector<float> strongest_;               // a row
  std::vector<std::int32_t> strongest_class_;  // a row
  std::vector<std::uint8_t> labels_;           // a row of each band of the class map
  std::int64_t pixels_ = 0;
  std::vector<std::int64_t> class_pixels_;
};

}  // namespace nadir
