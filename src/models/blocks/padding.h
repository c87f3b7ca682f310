// What lets networks that halve their maps several times take images of any size.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace nadir {

// An image that was enlarged to the right and below, by repeating its edge, until its sides are multiples of
// what the network needs; and the way back.
class PaddedImage {
 public:
  PaddedImage(const torch::Tensor& image, std::int64_t multiple);  // image: [N, C, H, W]
  const torch::Tensor& image() const { return image_; }
  // Cuts a map of the padded size to the image's own, in float32 where it came in a shorter type (autocast).
  torch::Tensor crop(const torch::Tensor& map) const;

 private:
  std::int64_t height_, width_;
  torch::Tensor image_;
};

// For networks that cannot pad: throws ModelError, with the sizes, for an image with a side below `least`.
void require_sides(const std::string& network, const torch::Tensor& image, std::int64_t least);

// Values of a shorter type than float32 as float32; others as they are.
torch::Tensor full_precision(const torch::Tensor& values);

}  // namespace nadir
