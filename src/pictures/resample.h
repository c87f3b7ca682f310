// Resizing 8-bit pictures as Pillow does it, bit for bit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace nadir {

// Pillow's filters. Where the picture shrinks they widen with it (antialiasing).
enum class ResampleFilter { kBox, kBilinear, kBicubic, kLanczos };

// The weights of one axis, as Pillow's Resample.c computes them: output i is
//   clip((2^21 + sum_k weights[i * taps + k] * input[first[i] + k]) >> 22)
// with weights of 22 fractional bits.
class ResampleWeights {
 public:
  // from, to: sizes in pixels, at least 1
  ResampleWeights(std::int64_t from, std::int64_t to, ResampleFilter filter);
  std::int64_t from() const { return from_; }
  std::int64_t to() const { return static_cast<std::int64_t>(first_.size()); }
  std::int64_t first(std::size_t i) const { return first_[i]; }
  std::int64_t count(std::size_t i) const { return count_[i]; }
  const std::int32_t* weights(std::size_t i) const { return weights_.data() + i * taps_; }

 private:
  std::int64_t from_;
  std::size_t taps_;
  std::vector<std::int64_t> first_, count_;
  std::vector<std::int32_t> weights_;
};

// Resizes pictures of one size to another: makes the weights once, and may be used by many threads at a time.
class Resampler {
 public:
  struct Size {
    std::int64_t height = 0, width = 0;
    bool operator==(const Size&) const = default;
  };
  Resampler(Size from, Size to, ResampleFilter filter);
  // pixels: [H, W, C] uint8 of size `from`; gives [C, H, W] of size `to`. Columns first, then rows, each
  // rounded to 8 bits; an axis that keeps its size is left as it is.
  at::Tensor operator()(const at::Tensor& pixels) const;

 private:
  ResampleWeights columns_, rows_;
};

// For each of `to` positions, the position whose centre lies nearest to its own: floor((i + 0.5) from / to),
// exactly. Pillow's NEAREST, and what OpenCV's INTER_NEAREST_EXACT is meant to be.
std::vector<std::int64_t> nearest_indices(std::int64_t from, std::int64_t to);
// [..., H, W] of any type to [..., height, width] by nearest_indices.
at::Tensor resize_nearest(const at::Tensor& planes, std::int64_t height, std::int64_t width);

}  // namespace nadir
