// Normalises images of bytes on the CPU in one pass.
#pragma once

#include <torch/types.h>

#include "nadir/data.h"

namespace nadir {

// What a Normalizer makes of each of the 256 values, looked up: the same numbers, to the last bit.
class ByteNormalizer {
 public:
  // A normalizer that treats pixels one by one (not per image), on the CPU.
  ByteNormalizer(const Normalizer& normalizer, std::int64_t bands);
  // images: [N, C, H, W] uint8 on the CPU, contiguous, of as many bands; valid: [N, H, W] bool, contiguous,
  // or undefined. Gives float32, channels last. Uses torch's threads.
  torch::Tensor operator()(const torch::Tensor& images, const torch::Tensor& valid) const;

 private:
  torch::Tensor table_;  // [C, 256] float32
};

}  // namespace nadir
