// The content of sources that label by polygons and run lengths.
#pragma once

#include "data/polygon_fill.h"
#include "data/run_lengths.h"
#include "data/sources/picture_set.h"

namespace nadir {

// One annotated thing, in the image's own pixels.
struct LabelShape {
  std::uint8_t label = 0;                        // a class's index, or kIgnore
  std::vector<std::vector<PolygonPoint>> rings;  // together, each by fill_polygon's rule
  std::vector<Run> runs;                         // and these
};

// shapes: of each picture, by PictureScene::index; later ones lie over earlier ones (multilabel: beside
// them). background: the label of pixels without a shape, kIgnore where they do not count (multilabel: not
// used). Polygons are brought to the scene's size before they are filled, so that a pixel belongs to what its
// centre lies in at any size.
std::unique_ptr<PictureContent> make_shape_content(std::vector<std::vector<LabelShape>> shapes,
                                                   std::uint8_t background, const LabelSpec& labels);

// The label of the class named `background`; kIgnore for "". Throws ConfigError for a name that is no class.
std::uint8_t background_label(const std::string& background, const LabelSpec& labels);

}  // namespace nadir
