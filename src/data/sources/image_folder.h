// Classification: a folder of pictures for each class, or PART/CLASS/ with parts train, val and test.
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct ImageFolderConfig {
  std::string root;
  PictureSetConfig pictures;  // its fields stand beside this one
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Pictures lie at any depth in their class's folder. Throws DataError for a folder that is no class, a class
// without a folder, and one without a picture; ConfigError unless the task is classification.
std::shared_ptr<Source> make_image_folder(const ImageFolderConfig& config, const LabelSpec& labels);

// The content of classification sources: a class for each picture, by PictureScene::index.
std::unique_ptr<PictureContent> make_class_content(std::vector<std::int64_t> classes, std::size_t count);

}  // namespace nadir
