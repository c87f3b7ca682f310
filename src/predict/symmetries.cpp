#include "predict/symmetries.h"

#include <torch/torch.h>

namespace nadir {
namespace {

struct Symmetry {
  bool transposed, upside_down, mirrored;
};

// [..., H, W]; H = W where it is transposed.
torch::Tensor apply(torch::Tensor tile, const Symmetry& symmetry) {
  if (!tile.defined()) return tile;
  if (symmetry.transposed) tile = tile.transpose(-2, -1);
  if (symmetry.upside_down) tile = tile.flip(-2);
  if (symmetry.mirrored) tile = tile.flip(-1);
  return tile;
}

torch::Tensor undo(torch::Tensor tile, const Symmetry& symmetry) {
  if (symmetry.mirrored) tile = tile.flip(-1);
  if (symmetry.upside_down) tile = tile.flip(-2);
  if (symmetry.transposed) tile = tile.transpose(-2, -1);
  return tile;
}

std::vector<Symmetry> symmetries(const std::string& name) {
  std::vector<Symmetry> result;
  for (const bool transposed : {false, true}) {
    if (transposed && name == "flips") break;
    for (const bool upside_down : {false, true}) {
      for (const bool mirrored : {false, true}) result.push_back({transposed, upside_down, mirrored});
    }
  }
  return result;
}

}  // namespace

TileFunction with_symmetries(TileFunction network, const std::string& name) {
  if (name == "none") return network;
  if (name != "flips" && name != "all") {
    throw ConfigError("symmetries '" + name + "' is unknown; use none, flips or all");
  }
  return [network = std::move(network), all = symmetries(name)](const torch::Tensor& images,
                                                                const torch::Tensor& valid) {
    // Sums of two equals, of two such sums, and so on: exact where all answers agree.
    std::vector<torch::Tensor> sums;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const torch::Tensor mask = valid.defined() ? apply(valid, all[i]).contiguous() : valid;
      sums.push_back(undo(network(apply(images, all[i]).contiguous(), mask), all[i]));
      for (std::size_t done = i + 1; done % 2 == 0; done /= 2) {
        const torch::Tensor last = sums.back();
        sums.pop_back();
        sums.back() = sums.back() + last;
      }
    }
    return (sums.back() / static_cast<double>(all.size())).contiguous();
  };
}

}  // namespace nadir
