// Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391): which places of a network's coarse maps
// speak for a class.
#pragma once

#include "nadir/model.h"

namespace nadir {

// image: [1, C, H, W]. [rows, columns] of the maps: relu(sum_k a_k M_k), as `explain` in model.h says.
// Throws ModelError, std::out_of_range.
torch::Tensor grad_cam(Model& model, const torch::Tensor& image, std::int64_t class_index);

}  // namespace nadir
