// Pixels on a grid of another size, as OpenCV computes them.
#pragma once

#include "nadir/data.h"

namespace nadir {

// pixels: [..., H, W] of any pixel type, or a mask. Methods: nearest (source floor(x scale)), nearest_exact
// (the pixel centre's, floor((x + 0.5) scale), which OpenCV 4.6 gets wrong when it shrinks by an even factor:
// it is indexed here), bilinear, cubic (a = -0.75), area, lanczos4. None but area smooths when it shrinks.
torch::Tensor resize_planes(const torch::Tensor& pixels, std::int64_t height, std::int64_t width,
                            const std::string& method);

// The same for a sample: the target by nearest_exact, the valid mask as resample() has it.
Sample resize_sample(Sample sample, std::int64_t height, std::int64_t width, const std::string& method);

}  // namespace nadir
