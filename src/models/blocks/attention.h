// Pieces that vision transformers share.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nadir {

// Multi-head attention on projected tokens. q: [N, T, heads * d]; k, v: [N, S, heads * d]; gives q's shape.
// `dropout` is the probability that a weight is dropped.
torch::Tensor attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                     std::int64_t heads, double dropout = 0);

// Attention of heads by plain products: q: [N, heads, T, d]; k, v: [N, heads, S, d]. Needs memory for all
// weights, [N, heads, T, S]; in bfloat16 without gradients for a few images' at a time.
torch::Tensor attend_by_products(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 double dropout = 0);
// Whether that is the faster way. LibTorch's own kernel for bfloat16 has its products computed in float32 on
// processors whose bfloat16 units MKL does not know: 8 x 3 heads of 197 tokens take 20 ms, forward and
// backward, and 8 ms by products. Not for so many tokens that the weights would fill the memory.
bool gains_by_products(const torch::Tensor& q, const torch::Tensor& k);

// Throws ConfigError unless `size` is a height and a width that are multiples of `patch`.
void check_image_size(const std::vector<std::int64_t>& size, std::int64_t patch);
// Throws ModelError, with both sizes, for images of another size than the network was made for.
void require_size(const std::string& network, const torch::Tensor& image,
                  const std::vector<std::int64_t>& size);

}  // namespace nadir
