// Exact Euclidean distances on the pixel grid. Felzenszwalb and Huttenlocher 2012, "Distance Transforms of
// Sampled Functions": linear in the number of pixels.
#pragma once

#include <cstdint>
#include <vector>

namespace nadir {

// mask: height x width, row-major. Squared distance of every pixel's centre to the nearest pixel where mask
// is not 0, in pixels; infinity where there is none.
std::vector<double> squared_distances(const std::vector<std::uint8_t>& mask, std::int64_t height,
                                      std::int64_t width);

// Distance to the mask outside it, and -(distance to what is outside - 1) inside; 0 everywhere when the mask
// is empty or full, because there is no boundary.
std::vector<double> signed_distances(const std::vector<std::uint8_t>& mask, std::int64_t height,
                                     std::int64_t width);

}  // namespace nadir
