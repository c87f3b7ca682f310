// Study 003's scaling, to repeat its figures: each column of an image from its least to its largest value
// over all rows and bands to 0 and 1. The study meant to scale each band; its array lay the other way round.
#pragma once

#include <torch/types.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "nadir/window.h"

namespace nadir {

// Of one image: [W] each.
struct ColumnRange {
  torch::Tensor least, spread;  // float64; a spread of 0 counts as 1
};

// Ranges of many images, each found on first use by one pass over bands of rows. Thread-safe.
class ColumnRanges {
 public:
  using Read = std::function<torch::Tensor(const Window&)>;  // [C, h, w] of any type

  // `key` names the image; `read` gives windows of its height x width pixels.
  ColumnRange of(std::int64_t key, std::int64_t height, std::int64_t width, const Read& read);

 private:
  std::mutex mutex_;
  std::map<std::int64_t, ColumnRange> ranges_;
};

// pixels: [C, h, w] from column `column` on. Values that are not finite are 0 first, as in the study.
torch::Tensor scale_columns(const torch::Tensor& pixels, const ColumnRange& range, std::int64_t column);

}  // namespace nadir
