// labelme: NAME.json beside each picture, with polygons (https://github.com/wkentaro/labelme).
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct LabelmeConfig {
  std::string root;        // folder of pictures and their .json files; train/, val/ and test/
                           // in it are parts
  std::string background;  // the class of pixels without a shape; "": they do not count
  std::vector<std::string> ignore_classes;  // labels whose pixels do not count
  PictureSetConfig pictures;                // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Shapes of type polygon, rectangle and circle, in the file's order, later over earlier (as labelme's own
// export). Throws DataError naming file and shape: a picture without a .json, a label that is no class, a
// polygon with a broken ring, a shape of another type, a size that is not the picture's.
std::shared_ptr<Source> make_labelme(const LabelmeConfig& config, const LabelSpec& labels);

}  // namespace nadir
