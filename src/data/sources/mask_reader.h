// Mask files to targets: values or colours become class indices, everything else is accounted for.
#pragma once

#include <map>
#include <unordered_map>

#include "nadir/data.h"
#include "nadir/raster.h"

namespace nadir {

struct MaskConfig {
  std::string labels = "auto";  // value: a pixel's value is its class's; color: its colour is; auto: colour
                                // for masks of three bands or more
  std::vector<std::int64_t> ignore_values;  // mask values that do not count
  std::vector<std::string> ignore_colors;   // "#rrggbb", colours that do not count
  std::string mask_nodata =
      "ignore";  // ignore: the file's nodata does not count; class: it is a value as others
  void fields(FieldVisitor& visit);
};

class MaskReader {
 public:
  // Throws ConfigError where classes and ignored values contradict each other.
  MaskReader(const MaskConfig& config, const LabelSpec& labels);
  // Throws DataError when masks like this one cannot be read as the labels say.
  void check(const RasterInfo& mask) const;
  // Multiclass [H, W], multilabel [K, H, W], uint8; 255 where the mask has nodata or an ignored value.
  // Throws DataError naming file, window, and values that stand for no class with their numbers of pixels.
  torch::Tensor read(const RasterReader& mask, const Window& window) const;

 private:
  bool by_color(const RasterInfo& mask) const;
  torch::Tensor read_values(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_colors(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_labels(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_valid(const RasterReader& mask, const Window& window) const;

  MaskConfig config_;
  LabelSpec labels_;
  std::unordered_map<std::int64_t, std::uint8_t> by_value_;
  std::vector<std::int16_t> table_;  // the same for the values of 16-bit pixels; -1: none
  std::unordered_map<std::uint32_t, std::uint8_t> by_color_;  // 0xrrggbb
};

}  // namespace nadir
