// Looking at a network: what its layers cost, what memory they take, and a picture of it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "nadir/model.h"

namespace nadir {

// What torchinfo reports in the place of a traced layer's multiply-adds: the layer's parameters, times the
// pixels of the output for convolutions. That is too much for transposed convolutions (each weight meets an
// input pixel, not an output one), and too little for matrix products over tokens.
std::int64_t torchinfo_mult_adds(const Model& model, const LayerRow& row);

// Bytes that torch allocates beside weights and image, measured; the most that is alive at once, or what is
// left.
struct MemoryUse {
  std::int64_t forward = 0;   // a forward pass without gradients: what prediction needs
  std::int64_t kept = 0;      // what a forward pass with gradients leaves for the backward pass
  std::int64_t backward = 0;  // forward and backward pass, with the weights' gradients: what a training step
                              // needs beside the optimizer's state
};
// Runs forward and backward pass on `image` ([N, C, H, W] float32, on the CPU) in evaluation mode, in which
// norms and dropout keep as much as in training, but for dropout's masks. Drops the gradients that parameters
// had.
MemoryUse measure_memory(Model& model, const torch::Tensor& image);

// The network as an SVG picture: its stages, a box for each run of layers at one resolution, in a row for
// each resolution and from left to right as they follow each other, with what connects them. Found by running
// it on `image` ([1, C, H, W]), so it is what the network does, whatever its kind.
std::string draw_network(Model& model, const torch::Tensor& image, const std::string& title);

}  // namespace nadir
