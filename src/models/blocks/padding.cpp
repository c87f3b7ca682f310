#include "models/blocks/padding.h"

#include <torch/nn/functional/padding.h>

#include "nadir/error.h"

namespace nadir {
namespace {

std::int64_t missing(std::int64_t side, std::int64_t multiple) {
  return (multiple - side % multiple) % multiple;
}

}  // namespace

PaddedImage::PaddedImage(const torch::Tensor& image, std::int64_t multiple)
    : height_(image.size(2)), width_(image.size(3)), image_(image) {
  const std::int64_t below = missing(height_, multiple), right = missing(width_, multiple);
  if (below == 0 && right == 0) return;
  namespace F = torch::nn::functional;
  image_ = F::pad(image, F::PadFuncOptions({0, right, 0, below}).mode(torch::kReplicate));
}

torch::Tensor PaddedImage::crop(const torch::Tensor& map) const {
  return full_precision(map.narrow(2, 0, height_).narrow(3, 0, width_));
}

void require_sides(const std::string& network, const torch::Tensor& image, std::int64_t least) {
  const std::int64_t height = image.size(2), width = image.size(3);
  if (height >= least && width >= least) return;
  throw ModelError(network + " takes images of at least " + std::to_string(least) + " x " +
                   std::to_string(least) + " pixels, found " + std::to_string(height) + " x " +
                   std::to_string(width) + "; use larger patches");
}

torch::Tensor full_precision(const torch::Tensor& values) {
  const bool is_short = values.scalar_type() == torch::kBFloat16 || values.scalar_type() == torch::kHalf;
  return is_short ? values.to(torch::kFloat32) : values;
}

}  // namespace nadir
