// The ISPRS 2D semantic labelling sets: Potsdam (38 tiles of 6000 x 6000 pixels, 5 cm) and Vaihingen (33
// tiles, 9 cm), as the publisher's archives unpack. https://www.isprs.org/education/benchmarks/UrbanSemLab/
//
//   Potsdam    top_potsdam_2_10_RGB.tif, _IRRG.tif, _RGBIR.tif   top_potsdam_2_10_label.tif,
//   _label_noBoundary.tif Vaihingen  top_mosaic_09cm_area1.tif (infrared, red, green)  the same name in the
//   folder of labels
//
// Six classes by colour: impervious surfaces white, buildings blue, low vegetation cyan, trees green, cars
// yellow, clutter red. Images and labels are read by window.
#pragma once

#include "data/sources/image_set.h"
#include "nadir/data.h"

namespace nadir {

struct IsprsConfig {
  std::string city = "potsdam";    // potsdam, vaihingen
  std::string images;              // the folder of images, with all folders in it
  std::string masks;               // the folder of labels; "": no labels
  std::string channels = "RGB";    // of Potsdam's three kinds of files: RGB, IRRG, RGBIR
  bool boundaries = true;          // false: the labels whose object borders are eroded (and count not)
  std::vector<std::string> tiles;  // "2_10", "area1"; none: all that are there
  std::vector<std::string> ignore_colors;
  double color_tolerance = 60;  // some labels hold a few pixels beside the palette; mask_reader.h
  ImageConfig image;
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Scenes have the publisher's part: "train" or "test". Throws DataError that lists tiles without a label,
// ConfigError for classes whose colours are not the palette's.
std::shared_ptr<Source> make_isprs(const IsprsConfig& config, const LabelSpec& labels);

}  // namespace nadir
