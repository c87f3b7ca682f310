#include "models/blocks/shifted_window.h"

#include <torch/nn.h>

#include <cmath>

#include "models/blocks/linear.h"

namespace nadir {
namespace {

using torch::Tensor;

constexpr std::int64_t kWindow = 8, kTokens = kWindow * kWindow;

// Distances of two places of a window, row and column, on a logarithmic scale: [1, 15, 15, 2].
Tensor coordinates() {
  const Tensor steps = torch::arange(-(kWindow - 1), kWindow, torch::kFloat32) / (kWindow - 1) * 8;
  const std::vector<Tensor> grid = torch::meshgrid({steps, steps}, "ij");
  const Tensor table = torch::stack({grid[0], grid[1]}, -1).unsqueeze(0);
  return table.sign() * torch::log2(table.abs() + 1) / 3;
}

// Where in that table a pair of tokens finds its distance: [T * T] int64.
Tensor pair_index() {
  const Tensor steps = torch::arange(kWindow);
  const std::vector<Tensor> grid = torch::meshgrid({steps, steps}, "ij");
  const auto distance = [](const Tensor& place) {
    const Tensor flat = place.flatten();
    return flat.unsqueeze(1) - flat.unsqueeze(0) + kWindow - 1;
  };
  return (distance(grid[0]) * (2 * kWindow - 1) + distance(grid[1])).flatten();
}

std::int64_t missing(std::int64_t side) { return (kWindow - side % kWindow) % kWindow; }

// [N, H, W, C] -> [N * windows, T, C] and back.
Tensor to_windows(const Tensor& x) {
  return x.view({x.size(0), x.size(1) / kWindow, kWindow, x.size(2) / kWindow, kWindow, x.size(3)})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, kTokens, x.size(3)});
}
Tensor from_windows(const Tensor& windows, at::IntArrayRef shape) {
  return windows.view({shape[0], shape[1] / kWindow, shape[2] / kWindow, kWindow, kWindow, shape[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape(shape);
}

// A roll brings together what is not adjacent in the image; such pairs get -100: [windows, 1, T, T]. Integers
// leave the type of what they are added to as it is.
Tensor roll_mask(const Tensor& x, std::int64_t down, std::int64_t right) {
  // 0, 1 or 2: what stays in place, the last window's part that does, and what came from the other side.
  const auto regions = [&](std::int64_t side, std::int64_t shift) {
    const Tensor place = torch::arange(side, x.options().dtype(torch::kInt64));
    if (shift == 0) return torch::zeros_like(place);
    return (place >= side - kWindow).to(torch::kInt64) + (place >= side - shift).to(torch::kInt64);
  };
  const Tensor map = 3 * regions(x.size(1), down).unsqueeze(1) + regions(x.size(2), right).unsqueeze(0);
  const Tensor tokens = to_windows(map.unsqueeze(0).unsqueeze(-1)).squeeze(-1);
  return ((tokens.unsqueeze(1) != tokens.unsqueeze(2)) * -100).unsqueeze(1);
}

}  // namespace

ShiftedWindowAttentionImpl::ShiftedWindowAttentionImpl(std::int64_t width, std::int64_t heads, bool shifted)
    : heads_(heads), shifted_(shifted) {
  logit_scale_ = register_parameter("logit_scale", torch::full({heads, 1, 1}, std::log(10.0)));
  relative_coords_table_ = register_buffer("relative_coords_table", coordinates());
  relative_position_index_ = register_buffer("relative_position_index", pair_index());
  qkv_ = register_module("qkv", Linear(width, 3 * width));
  proj_ = register_module("proj", Linear(width, width));
  const auto last = torch::nn::LinearOptions(512, heads).bias(false);
  cpb_mlp_ =
      register_module("cpb_mlp", torch::nn::Sequential(Linear(2, 512), torch::nn::ReLU(), Linear(last)));
}

Tensor ShiftedWindowAttentionImpl::position_bias() {
  const Tensor table = cpb_mlp_->forward(relative_coords_table_).view({-1, heads_});
  // Module::to(type) gives every buffer the type.
  const Tensor index = relative_position_index_.to(torch::kInt64);
  const Tensor pairs = table.index_select(0, index).view({kTokens, kTokens, heads_});
  return 16 * pairs.permute({2, 0, 1}).unsqueeze(0).sigmoid();
}

Tensor ShiftedWindowAttentionImpl::forward(const Tensor& map) {
  const std::int64_t height = map.size(1), width = map.size(2);
  Tensor x = torch::constant_pad_nd(map, {0, 0, 0, missing(width), 0, missing(height)});
  // One window that spans the map has no neighbour to shift to.
  const std::int64_t down = shifted_ && x.size(1) > kWindow ? kWindow / 2 : 0;
  const std::int64_t right = shifted_ && x.size(2) > kWindow ? kWindow / 2 : 0;
  const bool rolls = down + right > 0;
  if (rolls) x = x.roll({-down, -right}, {1, 2});
  const Tensor mask = rolls ? roll_mask(x.detach(), down, right) : Tensor();
  x = from_windows(windows_attention(to_windows(x), mask), x.sizes());
  if (rolls) x = x.roll({down, right}, {1, 2});
  return x.narrow(1, 0, height).narrow(2, 0, width);
}

// tokens: [N * windows, T, C]; mask: [windows, 1, T, T] or undefined
Tensor ShiftedWindowAttentionImpl::windows_attention(const Tensor& tokens, const Tensor& mask) {
  const std::int64_t width = tokens.size(2);
  // Keys have no bias, says the paper; torchvision keeps a place for one all the same.
  const std::vector<Tensor> b = qkv_->bias.chunk(3);
  const Tensor bias = torch::cat({b[0], torch::zeros_like(b[1]), b[2]});
  const Tensor qkv = torch::linear(tokens, qkv_->weight, bias)
                         .view({tokens.size(0), kTokens, 3, heads_, width / heads_})
                         .permute({2, 0, 3, 1, 4});
  const auto unit = [](const Tensor& x) { return x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12); };
  const Tensor scale = logit_scale_.clamp_max(std::log(100.0)).exp();
  Tensor weights = unit(qkv[0]).matmul(unit(qkv[1]).transpose(-2, -1)) * scale + position_bias();
  if (mask.defined()) {
    const Tensor by_image = weights.view({-1, mask.size(0), heads_, kTokens, kTokens}) + mask.unsqueeze(0);
    weights = by_image.view({-1, heads_, kTokens, kTokens});
  }
  const Tensor seen = weights.softmax(-1).matmul(qkv[2]);
  return proj_(seen.transpose(1, 2).reshape({tokens.size(0), kTokens, width}));
}

}  // namespace nadir
