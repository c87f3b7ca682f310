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

// Throws ConfigError unless `size` is a height and a width that are multiples of `patch`.
void check_image_size(const std::vector<std::int64_t>& size, std::int64_t patch);
// Throws ModelError, with both sizes, for images of another size than the network was made for.
void require_size(const std::string& network, const torch::Tensor& image,
                  const std::vector<std::int64_t>& size);

}  // namespace nadir
