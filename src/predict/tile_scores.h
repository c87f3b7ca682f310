// What a network says of a batch of tiles, before its last step to probabilities.
#pragma once

#include <c10/core/Event.h>
#include <torch/types.h>

#include <functional>
#include <memory>

namespace nadir {

enum class Activation { kNone, kSoftmax, kSigmoid };

// Blending makes the last step itself, while the numbers are at hand: an operation of its own would move each
// of them through memory twice more.
struct TileScores {
  torch::Tensor values;                       // [N, K, h, w] float32, on the CPU
  Activation activation = Activation::kNone;  // still to be applied
  // Of a device that computes beside the CPU: until this has happened the values are on their way.
  std::shared_ptr<c10::Event> arrival = {};
};

// As a TileFunction: raw values and valid in.
using ScoreFunction = std::function<TileScores(const torch::Tensor& images, const torch::Tensor& valid)>;

}  // namespace nadir
