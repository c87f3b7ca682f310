// The loops over rows of floats that blending consists of. Plain arrays, none of which overlap.
#pragma once

#include <cstddef>

namespace nadir::kernel {

// Adds one tile's weights, down * across[i], to a row of totals; share[i] becomes the part of the new total
// that this tile holds: exactly 1 where it is the first.
void add_weights(float down, const float* across, float* total, float* share, std::size_t count);

// Moves a row of running weighted means towards new values by their share:
//   mean += (value - mean) * share,   and mean = value where share is 1.
// With share = w / (sum of weights so far) this is the weighted mean of all values given. It is exact where
// they are equal: value - mean is then 0 and mean stays as it is, bit for bit, whatever the weights are. (Of
// sums, (w1 x + w2 x) / (w1 + w2), each product rounds, and the quotient is x only by luck.) Where the first
// value comes, mean may hold anything: it is not read into the result.
void blend_values(const float* share, const float* values, float* mean, std::size_t count);

// Asks for rows that blend_values will read next: those of different classes lie far apart.
void prefetch(const float* values, const float* mean, std::size_t count);

}  // namespace nadir::kernel
