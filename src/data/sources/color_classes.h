// Files that say which class has which colour: class_dict.csv (name,r,g,b) and label_colors.txt (r g b name).
#pragma once

#include <string>
#include <vector>

#include "data/sources/picture_mask.h"

namespace nadir {

struct ColorClass {
  std::string name;
  std::uint32_t color = 0;  // 0xrrggbb
};
// Throws DataError naming file and line.
std::vector<ColorClass> read_color_classes(const std::string& file);

// The mask table of such a file: names are the recipe's classes, or listed in `ignored`. Throws ConfigError
// for names that are neither, and for classes that the file does not have.
PictureMask::Table table_of_colors(const std::string& file, const std::vector<std::string>& ignored,
                                   const LabelSpec& labels);

}  // namespace nadir
