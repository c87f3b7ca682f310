#include "pictures/color_map.h"

#include <torch/torch.h>

#include <array>

namespace nadir {
namespace {

// At 0, 1/9, ... 1.
constexpr std::array<std::array<float, 3>, 10> kInferno = {{{0, 0, 4},
                                                            {27, 12, 65},
                                                            {74, 12, 107},
                                                            {120, 28, 109},
                                                            {165, 44, 96},
                                                            {207, 68, 70},
                                                            {237, 105, 37},
                                                            {251, 155, 6},
                                                            {247, 209, 61},
                                                            {252, 255, 164}}};

}  // namespace

torch::Tensor color_map(const torch::Tensor& shares) {
  constexpr std::int64_t kLast = kInferno.size() - 1;
  torch::Tensor table = torch::empty({kLast + 1, 3});
  for (std::size_t i = 0; i < kInferno.size(); ++i) {
    for (std::size_t j = 0; j < 3; ++j)
      table[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(j)] = kInferno[i][j];
  }
  const torch::Tensor place = shares.to(torch::kFloat32).clamp(0, 1) * static_cast<double>(kLast);
  const torch::Tensor below = place.floor().clamp_max(static_cast<double>(kLast - 1));
  const torch::Tensor first = below.to(torch::kInt64), part = (place - below).unsqueeze(-1);
  const torch::Tensor colors = table.index({first}) * (1 - part) + table.index({first + 1}) * part;
  return colors.round().to(torch::kUInt8);
}

}  // namespace nadir
