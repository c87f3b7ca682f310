// A class raster and, beside it, its probabilities, row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nadir/raster.h"

namespace nadir {

class ClassRows {
 public:
  // `probability` may be "". Throws DataError when the two do not lie on the same pixels or hold other
  // things.
  ClassRows(const std::string& class_raster, const std::string& probability,
            std::vector<std::int64_t> skip_values);

  const RasterInfo& info() const { return classes_.info(); }

  struct Row {
    std::int64_t row = 0;
    std::span<const std::int32_t> values;  // kNoClass for nodata and the values to skip
    std::span<const float> probabilities;  // 0..1, NaN where unknown; empty without a probability raster
  };
  // Throws DataError for values that are no class. May be called again.
  void for_each(const std::function<void(const Row&)>& visit) const;

 private:
  at::Tensor read_values(const Window& window) const;
  at::Tensor read_probabilities(const Window& window) const;

  RasterReader classes_;
  std::optional<RasterReader> probability_;
  std::vector<std::int64_t> skip_values_;
};

}  // namespace nadir
