// COCO: one JSON file of annotations for a folder of pictures; polygons, run lengths, packed run lengths.
// https://cocodataset.org/#format-data
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct CocoConfig {
  std::vector<std::string> annotations;  // files: instances_train2017.json
  std::vector<std::string> images;       // the folder of each file's pictures
  std::string background;                // the class of pixels without an annotation; "": they do not count
  std::vector<std::string> ignore_classes;  // categories whose pixels do not count
  std::string crowd = "ignore";             // iscrowd: ignore (their pixels do not count) or class
  PictureSetConfig pictures;                // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Categories are the recipe's classes, by name. Scene::part is "train", "val" or "test" where the
// annotations' file name says so. Annotations are drawn in the file's order, later over earlier. Throws
// DataError naming file and annotation: unknown image or category, broken ring, run lengths that do not fit,
// sizes that are not the picture's, pictures that are missing.
std::shared_ptr<Source> make_coco(const CocoConfig& config, const LabelSpec& labels);

}  // namespace nadir
