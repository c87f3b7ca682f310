// What `nadir explain` draws.
#pragma once

#include <string>

#include "nadir/nadir.h"

namespace nadir {

// The image, the explanation over it in colours, and their scale, with a caption below. picture: [H, W, 3]
// uint8, of any size: the explanation lies over all of it. [H', W', 3] uint8.
torch::Tensor explanation_picture(const torch::Tensor& picture, const Explanation& explanation,
                                  const std::string& caption);

}  // namespace nadir
