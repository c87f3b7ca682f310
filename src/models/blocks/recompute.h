// Memory for time: a part of a network whose inner maps are computed again in the backward pass, in place of
// being kept (Chen et al. 2016, "Training deep nets with sublinear memory cost").
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <vector>

namespace nadir {

// function(inputs), of which the inputs alone are kept. Gradients, of inputs and of `weights`, are those of
// the plain call, bit for bit: the second pass runs with the same random numbers (of the CPU, and of the
// first input's GPU) and in the same autocast precision as the first. `weights` are all parameters that
// `function` uses; those that do not learn may be left out. Gradients of gradients are not there.
torch::Tensor recompute(const std::function<torch::Tensor(const std::vector<torch::Tensor>&)>& function,
                        const std::vector<torch::Tensor>& inputs, const std::vector<torch::Tensor>& weights);

}  // namespace nadir
