// Images with captions: a CSV file that lists images, or windows of them, to learn generation from.
#pragma once

#include "data/sources/image_set.h"
#include "nadir/data.h"

namespace nadir {

struct CaptionsConfig {
  // With a header; paths in it are relative to its folder. Columns: image; `row`, `column`, `height` and
  // `width` of a window in it, all four or none; `part` (train, val, test), may be missing. What else a line
  // says of its image (caption, lon, lat, gsd, cloud, date), training reads: docs/generate.md.
  std::string file;
  ImageConfig image;  // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Each line of the file is a scene, and the target of its samples the line's number among them: [] int64,
// from 0. Throws DataError naming file and line: an image that is missing, no raster or unlike the others, a
// window that is no window or leaves its image, a part of another name.
std::shared_ptr<Source> make_captions(const CaptionsConfig& config, const LabelSpec& labels);

}  // namespace nadir
