// A network as a graph of stages, for drawing.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "nadir/model.h"

namespace nadir {

// Layers that follow each other at one resolution.
struct Stage {
  std::int64_t pixels = 0;           // positions of its maps: height x width, or tokens; 1 for a vector
  std::vector<std::int64_t> output;  // shape of what leaves it: [1, C, H, W], [1, T, D], [1, K]
  std::vector<std::string> modules;  // whose layers these are, in order, each once
  std::vector<std::pair<std::string, std::int64_t>> operations;  // "convolution", 4: in order of first use
  std::int64_t parameters = 0;
  std::set<std::size_t> inputs;  // stages that it reads
};

// In the order of execution, so every stage comes after its inputs.
std::vector<Stage> find_stages(Model& model, const torch::Tensor& image);

}  // namespace nadir
