// Cityscapes as pairs in one JPEG: the photo on the left, its label in colours on the right (study 002).
#pragma once

#include "data/sources/picture_set.h"
#include "pictures/nearest_color.h"

namespace nadir {

struct PairColor {    // one line of a colour table of one's own
  std::string color;  // "#rrggbb"
  std::string name;   // of a class of the recipe; "": its pixels do not count
  void fields(FieldVisitor& visit);
};

struct CityscapesPairsConfig {
  std::string root;       // folder with train/, val/ or test/, each of pictures; or pictures alone
  std::int64_t size = 0;  // height of image and target, their width in proportion; 0: the file's
  std::string shrink = "before_decode";  // before_decode: photo and label are shrunk together by Pillow's
                                         // bicubic, then colours are decoded (the study); after_decode: the
                                         // photo alone so, the labels by nearest neighbour
  bool scaled_decode = false;     // the JPEG at 1/2, 1/4 or 1/8 where `size` allows: faster, other pixels
  std::vector<PairColor> colors;  // none: the 35 of Cityscapes
  bool skip_unreadable = false;
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Every pixel gets the class of the nearest colour. Classes are named as Cityscapes names them: its 35 names,
// or its 8 categories (void, flat, construction, object, nature, sky, human, vehicle); pixels whose name or
// category the recipe leaves out do not count. Scene::part is the folder. Throws DataError for pictures that
// have no middle, ConfigError for a class that Cityscapes does not have.
std::shared_ptr<Source> make_cityscapes_pairs(const CityscapesPairsConfig& config, const LabelSpec& labels);

// The colours of Cityscapes with the labels that the recipe's classes give them.
std::vector<LabelColor> cityscapes_label_colors(const std::vector<ClassInfo>& classes);

}  // namespace nadir
