// Functions of floats in plain arithmetic, which compilers turn into vector instructions.
#pragma once

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

// exp(x) = (part + 1) scale; part is exact for small x.
struct Power {
  float part, scale;
};

// Cephes' expf: within 2 units of the last place. Arguments are held where the result is finite and normal; a
// NaN stays one.
NADIR_INLINE Power power(float x) {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: what is added to it is rounded to an integer
  const float shifted = x * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  // The integer's lowest bits are those of `shifted`.
  return {p * r * r + r, std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U)};
}

NADIR_INLINE float exponential(float x) {
  const Power found = power(x);
  return (found.part + 1.0F) * found.scale;
}

// exp(x) - 1
NADIR_INLINE float exponential_less_one(float x) {
  const Power found = power(x);
  return found.part * found.scale + (found.scale - 1.0F);
}

// 2^x for x <= 0, within 3e-6 of it (half a place of bfloat16 is 2e-3): half the operations of exponential().
// Held where the result is normal; a NaN stays one.
NADIR_INLINE float coarse_power_of_two(float x) {
  x = x < -126.0F ? -126.0F : x;
  constexpr float kRound = 12582912.0F;
  const float shifted = x + kRound;
  const float f = x - (shifted - kRound);
  float p = 9.5701022e-3F;  // least relative deviation from 2^f for |f| <= 1/2
  p = p * f + 5.5917859e-2F;
  p = p * f + 2.4024744e-1F;
  p = p * f + 6.9312179e-1F;
  p = p * f + 9.9999928e-1F;
  return p * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U);
}

NADIR_INLINE float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

// The standard normal distribution.
struct Normal {
  float below, density;  // the probability of less than x; the density at x
};

// Abramowitz and Stegun (1964), 7.1.26: within 1e-7.
NADIR_INLINE Normal normal(float x) {
  const float bell = exponential(-0.5F * x * x);
  const float t = 1.0F / (1.0F + 0.23164189F * (x < 0 ? -x : x));  // 0.3275911 / sqrt(2)
  float p = 1.061405429F;
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const float tail = 0.5F * p * t * bell;
  return {x < 0 ? tail : 1.0F - tail, 0.39894228F * bell};
}

}  // namespace nadir::kernel
