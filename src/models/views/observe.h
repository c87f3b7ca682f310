// Watching a network's forward pass operation by operation.
#pragma once

#include <ATen/record_function.h>

#include "nadir/model.h"

namespace nadir {

class OperationObserver {
 public:
  virtual ~OperationObserver() = default;
  // An operation begins; its inputs are there. True: leave() is called at its end, and what it calls itself
  // is not told.
  virtual bool enter(const at::RecordFunction& call) = 0;
  virtual void leave(const at::RecordFunction& call) = 0;  // its outputs are there
};

// "convolution" of "aten::convolution"
std::string operation_name(const at::RecordFunction& call);
// "down1.block" of "down1.block.weight"; "" of "weight"
std::string module_of(const std::string& parameter);

// Runs the model once on `image`, in evaluation mode, and leaves it in the mode it was in. Gradients are
// recorded as the caller has it.
ModelOutput observe_forward(Model& model, const torch::Tensor& image, OperationObserver& observer);

}  // namespace nadir
