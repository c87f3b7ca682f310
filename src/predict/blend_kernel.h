// The loops over pieces of rows that blending consists of. Plain arrays, none of which overlap; class k of
// pixel i lies at [k * stride + i] unless said otherwise.
#pragma once

#include <cstddef>

namespace nadir::kernel {

// from: [count][classes], as channels-last memory has them, to [classes] lines of `count`.
void gather(const float* from, std::size_t classes, std::size_t count, float* to, std::size_t stride);

// In place: exp(v_k) over the sum of all classes' exp, at each pixel; 0 for those further below the largest
// than float32 holds (-inf too), NaN where one is NaN or +inf. Within 2 units in the last place of exp.
void softmax(float* values, std::size_t classes, std::size_t stride, std::size_t count);
// In place: 1 / (1 + exp(-v)).
void sigmoid(float* values, std::size_t count);

// total[i] += down * across[i]
void add_weights(float down, const float* across, float* total, std::size_t count);
// share[i] = the part of before[i] + down * across[i] that is not before[i]: exactly 1 where before is 0,
// 0 where both are.
void shares(float down, const float* across, const float* before, float* share, std::size_t count);

// Moves a row of running weighted means towards new values by their share:
//   mean += (value - mean) * share,   and mean = value where share is 1.
// With share = w / (sum of weights so far) this is the weighted mean of all values given. It is exact where
// they are equal: value - mean is then 0 and mean stays as it is, bit for bit, whatever the weights are. (Of
// sums, (w1 x + w2 x) / (w1 + w2), each product rounds, and the quotient is x only by luck.)
void blend_into(const float* share, const float* values, float* mean, std::size_t count);
// The same with the result in place of the values.
void blend_onto(const float* share, const float* mean, float* values, std::size_t count);

// Asks for a line that will be read.
void prefetch(const float* line, std::size_t count);

}  // namespace nadir::kernel
