// What transforms that mix the samples of a batch share.
#pragma once

#include "nadir/data.h"

namespace nadir {

// From Beta(alpha, alpha), 0 to 1, by Johnk's method (1964); alpha above 0, up to 4.
double draw_beta(double alpha, RandomStream& random);

// Rows `order` of tensors [N, ...] of any pixel type; undefined ones stay so.
torch::Tensor reorder(const torch::Tensor& tensor, const std::vector<std::int64_t>& order);

// Whether there is something to mix: labels, two samples, and nothing mixed in before.
bool can_mix(const Batch& batch);

}  // namespace nadir
