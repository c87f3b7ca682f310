// Captions in pictures: the plain 5 x 7 letters of terminals, one size, no fonts needed.
#pragma once

#include <torch/types.h>

#include <string>

namespace nadir {

constexpr std::int64_t kTextHeight = 11;  // of a caption, pixels; 7 of them letters

// [kTextHeight, width, 3] uint8: black on white, cut to the width (its end is kept, which tells file names
// apart). Other characters than printable ASCII become '?'.
torch::Tensor caption_picture(const std::string& text, std::int64_t width);

}  // namespace nadir
