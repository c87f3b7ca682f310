// JPEG by libjpeg-turbo: whole pictures, at full size or at the decoder's own fractions.
#pragma once

#include "pictures/picture.h"

namespace nadir {

bool is_jpeg(const std::string& bytes);
PictureInfo jpeg_info(const std::string& bytes, const std::string& path);
Picture decode_jpeg(const std::string& bytes, const std::string& path, const PictureOptions& options);
std::string encode_jpeg_bytes(const at::Tensor& picture, int quality);

}  // namespace nadir
