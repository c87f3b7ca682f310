// Cityscapes in its publisher's folders: leftImg8bit/PART/CITY/*_leftImg8bit.png and
// gtFine/PART/CITY/*_gtFine_labelIds.png.
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct CityscapesConfig {
  std::string root;               // folder that holds leftImg8bit/ and gtFine/
  std::string labels = "gtFine";  // gtFine, gtCoarse; none: images alone
  PictureSetConfig pictures;      // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Classes are named as Cityscapes names them: any of its 35 names, or of its 8 categories; label ids whose
// name or category the recipe leaves out do not count, as in the benchmark. Scene::part is train, val or
// test. Throws DataError for images without a label file, and label ids that Cityscapes does not have.
std::shared_ptr<Source> make_cityscapes(const CityscapesConfig& config, const LabelSpec& labels);

}  // namespace nadir
