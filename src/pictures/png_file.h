// PNG by libpng: 1 to 16 bits, gray, palette, RGB, with or without alpha.
#pragma once

#include "pictures/picture.h"

namespace nadir {

bool is_png(const std::string& bytes);
PictureInfo png_info(const std::string& bytes, const std::string& path);
// Channels as stored; 1, 2 and 4 bit samples are widened (gray: to 0..255, indices: as they are).
Picture decode_png(const std::string& bytes, const std::string& path);
std::string encode_png_bytes(const at::Tensor& picture,
                             const std::vector<std::array<std::uint8_t, 3>>& palette);

}  // namespace nadir
