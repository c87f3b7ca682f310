// The content of sources that have a mask picture for each image.
#pragma once

#include "data/sources/picture_mask.h"
#include "data/sources/picture_set.h"

namespace nadir {

// masks: files, by PictureScene::index; "": none, the target is undefined.
std::unique_ptr<PictureContent> make_mask_content(std::vector<std::string> masks, PictureMask::Table table);

}  // namespace nadir
