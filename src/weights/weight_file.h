// A file of weights of any format that nadir reads: its tensors by name, in the groups that the file has
// them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace nadir {

struct WeightEntry {
  std::string name;
  torch::ScalarType type = torch::kFloat32;
  std::vector<std::int64_t> shape;
  std::function<torch::Tensor()> read;  // from the file, when it is asked for; throws ModelError
};

// A table of tensors: the whole file, or one of several dicts of a checkpoint.
struct WeightGroup {
  std::string path;  // "" for the outermost, else where it stands: "state_dict", "optimizer.state.0"
  std::vector<WeightEntry> entries;
  bool keras = false;  // names are Keras's layers, kernels are transposed already
};

struct WeightFile {
  std::string format;  // for people: "PyTorch, zip"
  std::vector<WeightGroup> groups;
};

// Finds out what the file is by its contents, whatever its suffix: safetensors, PyTorch's zip and legacy
// formats, Keras's .h5 and .keras; a ZIP archive (a Python package) with one PyTorch file in it. Throws
// ModelError naming the file, what it looks like and what can be read.
WeightFile open_weights(const std::filesystem::path& file);

}  // namespace nadir
