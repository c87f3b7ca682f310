// The losses that the network goldens describe in words, on their activated outputs.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace nadir::golden {

// `rule` is the file's `loss_function`; throws std::runtime_error for words that it does not know.
torch::Tensor loss(const std::string& rule, const std::vector<torch::Tensor>& outputs,
                   const torch::Tensor& labels);

}  // namespace nadir::golden
