// Mask files to targets: values or colours become class indices, everything else is accounted for.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "nadir/data.h"
#include "nadir/raster.h"

namespace nadir {

struct MaskConfig {
  std::string labels = "auto";  // value: a pixel's value is its class's; color: its colour is; auto: colour
                                // for masks of three bands or more; masked_copy: masked_copy.h
  std::vector<std::int64_t> ignore_values;  // mask values that do not count
  std::vector<std::string> ignore_colors;   // "#rrggbb", colours that do not count
  // How far a colour may be from that of a class, or an ignored one, to count as the nearest of them: root of
  // the summed squares of red, green and blue, each 0 to 255. 0: exact colours alone.
  double color_tolerance = 0;
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
  // How many pixels took the nearest colour so far, and in which files. Thread-safe, as read() is.
  std::vector<std::string> remarks() const;

 private:
  bool by_color(const RasterInfo& mask) const;
  torch::Tensor read_values(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_colors(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_labels(const RasterReader& mask, const Window& window) const;
  torch::Tensor read_valid(const RasterReader& mask, const Window& window) const;
  int nearest_label(std::uint32_t color) const;
  void count_colors(const std::string& path, std::int64_t pixels, std::int64_t off_palette) const;

  MaskConfig config_;
  LabelSpec labels_;
  std::unordered_map<std::int64_t, std::uint8_t> by_value_;
  std::vector<std::int16_t> table_;  // the same for the values of 16-bit pixels; -1: none
  std::unordered_map<std::uint32_t, std::uint8_t> by_color_;  // 0xrrggbb

  mutable std::mutex mutex_;  // of what follows
  mutable std::int64_t color_pixels_ = 0, off_palette_ = 0;
  mutable std::set<std::string> off_palette_files_;
};

}  // namespace nadir
