// Masks in plain pictures: values or colours become class indices, everything else is accounted for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/sources/picture_set.h"
#include "nadir/data.h"
#include "pictures/picture.h"

namespace nadir {

struct PictureMaskConfig {      // its fields stand beside a source's own
  std::string labels = "auto";  // value: a pixel's value (of a palette: its index) is its class's; color: its
                                // colour is; auto: colour for masks of three channels
  std::vector<std::int64_t> ignore_values;  // that do not count
  std::vector<std::string> ignore_colors;   // "#rrggbb", that do not count
  void fields(FieldVisitor& visit);
};

// "#rrggbb" as 0xrrggbb; `field` names the setting in the ConfigError for other text.
std::uint32_t parse_rgb(const std::string& field, const std::string& text);
std::string rgb_text(std::uint32_t color);

class PictureMask {
 public:
  // What stands for what: a class's index, or kIgnore.
  struct Table {
    std::map<std::int64_t, std::uint8_t> by_value;
    std::map<std::uint32_t, std::uint8_t> by_color;  // 0xrrggbb
    std::string labels = "auto";
    std::string advice =
        "Add a class with this value or colour, or list it in ignore_values or ignore_colors";
  };
  // The table of a recipe's classes. Throws ConfigError where classes and ignored values contradict each
  // other.
  static Table table_of(const PictureMaskConfig& config, const LabelSpec& labels);

  explicit PictureMask(Table table) : table_(std::move(table)) {}
  // [height, width] uint8: the file's labels, brought from the image's size to the scene's by
  // nearest_indices. Throws DataError naming the file: of another size than the image, values or colours that
  // stand for no class, with their numbers of pixels.
  torch::Tensor read(const std::string& file, const PictureInfo& image, const PictureSize& size) const;

 private:
  torch::Tensor translate(const Picture& picture) const;

  Table table_;
};

}  // namespace nadir
