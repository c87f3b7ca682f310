// Weights from files into modules, and the lists of names that say what happened.
#pragma once

#include "nadir/model_file.h"

namespace nadir {

struct LoadRules {
  bool partial = false;  // anything may be missing, unexpected or of another shape
  bool backbone =
      false;  // published weights: the classifier's layers may be missing, unexpected, of another shape
};
WeightsReport load_weights(torch::nn::Module& module, const std::filesystem::path& file,
                           const LoadRules& rules);

// Throws ModelError that lists what of the module's state is missing in `tensors`, unexpected, or of another
// shape. `source` names the file.
void check_state(const torch::nn::Module& module, const NamedTensors& tensors, const std::string& source);
// As load_state, but parameters and buffers become the given tensors, on the device and of the type: without
// a copy where they are that already.
void adopt_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& source,
                 const torch::TensorOptions& options);

// "64x3x7x7"; "a number" without dimensions.
std::string shape_text(torch::IntArrayRef shape);
// Appends "\n  3 missing: a, b, c", with the first few names.
void list_names(std::string& message, const std::vector<std::string>& names, const char* what);

}  // namespace nadir
