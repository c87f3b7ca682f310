// A CSV file that lists images with their masks, or with their classes.
#pragma once

#include "data/sources/picture_mask.h"
#include "data/sources/picture_set.h"

namespace nadir {

struct CsvListConfig {
  std::string file;             // with a header; paths in it are relative to its folder
  std::string image = "image";  // the columns' names
  std::string mask = "mask";    // of masks, for multiclass
  std::string label = "label";  // of class names, for classification; several of a multilabel one
                                // with `;` between them, none for none
  std::string part = "part";    // of "train", "val" or "test"; may be missing
  PictureMaskConfig masks;      // its fields stand beside these
  PictureSetConfig pictures;    // these too
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Throws DataError naming file and line: a column that is missing, a picture or mask that is, a class that
// the recipe has not, a part of another name, an image that is listed twice.
std::shared_ptr<Source> make_csv_list(const CsvListConfig& config, const LabelSpec& labels);

}  // namespace nadir
