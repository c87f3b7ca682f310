// Classification: a folder of pictures for each class, or PART/CLASS/ with parts train, val and test.
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct ImageFolderConfig {
  std::string root;
  // Of multilabel_classification: folders whose pictures have none of the classes.
  std::vector<std::string> background;
  PictureSetConfig pictures;  // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Pictures lie at any depth in their class's folder. Throws DataError for a folder that is no class, a class
// without a folder, and one without a picture; ConfigError unless the task labels whole images.
std::shared_ptr<Source> make_image_folder(const ImageFolderConfig& config, const LabelSpec& labels);

// The content of sources that label whole images: the classes of each picture, by PictureScene::index; of
// `classification` one each.
std::unique_ptr<PictureContent> make_class_content(std::vector<std::vector<std::int64_t>> classes,
                                                   const LabelSpec& labels);

}  // namespace nadir
