// Attention rollout (Abnar and Zuidema 2020, https://arxiv.org/abs/2005.00928): how much of each token of the
// input reaches each token of the last layer, by way of attention and shortcuts.
#pragma once

#include <vector>

#include "models/blocks/token_grid.h"
#include "nadir/model.h"

namespace nadir {

// The weights of every attention of a forward pass, in order: softmax(Q K' / sqrt(d)), [N, heads, T, T]. The
// network itself computes them within libtorch's attention and keeps none; they are made again from Q and K.
std::vector<torch::Tensor> attention_weights(Model& model, const torch::Tensor& image);

// weights: of each layer from the first, [N, heads, T, T]. [N, T, T]: the product of (A + 1) / 2, the last
// layer's on the left, A the mean over the heads. Rows sum to 1.
torch::Tensor roll_out(const std::vector<torch::Tensor>& weights);

// image: [1, C, H, W]. [rows, columns] of the grid: what of each patch is in the class token, or, where there
// is none, in the mean of all tokens.
torch::Tensor attention_rollout(Model& model, const torch::Tensor& image, const TokenGrid& grid);

}  // namespace nadir
