// Writing PyTorch's zip format: what `torch.load(file, weights_only=True)` reads as a state dict.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nadir {

// Written atomically. Tensors keep names, order, shapes and types. Throws ModelError for a type that
// PyTorch's format has no storage for, DataError where the file cannot be written.
void write_torch(const std::filesystem::path& file,
                 const std::vector<std::pair<std::string, torch::Tensor>>& tensors);

}  // namespace nadir
