// Gradient clipping by the norm of all gradients together, as torch.nn.utils.clip_grad_norm_.
#pragma once

#include "nadir/model_file.h"

namespace nadir {

// Scales the gradients of `parameters` so that their common L2 norm is at most max_norm (0: only measures).
// Returns the norm before, a scalar on the gradients' device; nothing waits for it. Parameters without a
// gradient do not count; undefined when there is none.
torch::Tensor clip_gradients(const NamedTensors& parameters, double max_norm);

}  // namespace nadir
