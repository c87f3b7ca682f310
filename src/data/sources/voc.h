// Pascal VOC and CamVid: pictures with masks in colours or palette indices, in their publishers' folders.
#pragma once

#include "data/sources/picture_set.h"

namespace nadir {

struct VocConfig {
  std::string root;           // folder with JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/
  PictureSetConfig pictures;  // its fields stand beside this one
  void fields(FieldVisitor& visit);
  void validate() const;
};
// A class's `value` is its number in VOC (background 0, aeroplane 1, …); 255 (void) does not count. Masks are
// palette pictures, or in the colours of VOC's palette. Scene::part is the list train.txt, val.txt or
// test.txt that names the picture (trainval.txt is not needed). Throws DataError for names without picture or
// mask.
std::shared_ptr<Source> make_voc(const VocConfig& config, const LabelSpec& labels);

struct CamvidConfig {
  std::string root;  // folder with train/ and train_labels/ (or trainannot/), the same for val and test; or
                     // with 701_StillsRaw_full/ and LabeledApproved_full/; or images/ and labels/
  std::string class_colors;  // file of colours; "": class_dict.csv or label_colors.txt in the root,
                             // and without one masks hold the classes' values
  std::vector<std::string> ignore_classes;  // of that file, whose pixels do not count ("Void")
  PictureSetConfig pictures;                // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};
// The mask of NAME.png is NAME.png or NAME_L.png. Throws DataError for pictures without one and for colours
// that are no class's.
std::shared_ptr<Source> make_camvid(const CamvidConfig& config, const LabelSpec& labels);

// The colour of a value in VOC's palette, 0xrrggbb.
std::uint32_t voc_color(std::int64_t value);

}  // namespace nadir
