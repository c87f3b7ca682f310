#include "predict/whole_picture.h"

#include <torch/types.h>

#include "pictures/resample.h"
#include "pictures/resize_picture.h"

namespace nadir {
namespace {

std::string by(std::int64_t width, std::int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace

PixelSource::Pixels at_image_size(const PixelSource::Pixels& picture, const ModelCard& card,
                                  const std::string& name) {
  const std::int64_t height = card.image_size[0], width = card.image_size[1];
  const torch::Tensor& image = picture.image;  // [C, H, W]
  if (image.size(1) == height && image.size(2) == width) return picture;
  if (image.scalar_type() != torch::kUInt8 && card.resize != "nearest")
    throw DataError(name + ": is " + by(image.size(2), image.size(1)) +
                    " pixels and not 8-bit; the model wants " + by(width, height) +
                    ", and only 8-bit pictures are resized");
  PixelSource::Pixels resized = picture;
  resized.image = resize_picture(image.permute({1, 2, 0}).contiguous(), height, width, card.resize);
  if (picture.valid.defined()) resized.valid = resize_nearest(picture.valid, height, width);
  return resized;
}

}  // namespace nadir
