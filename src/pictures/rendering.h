// Imagery and labels as pictures that people can look at. All pictures are [H, W, 3] uint8.
#pragma once

#include <torch/types.h>

#include <vector>

#include "nadir/data.h"

namespace nadir {

// Up to three bands (one: grey), stretched between the 2nd and 98th percentile of the valid pixels.
torch::Tensor image_picture(const Sample& sample);
// Class colours; pixels to ignore are light grey. target: [H, W] class indices, or [K, H, W] of the
// multilabel task, where a pixel of several classes has their mean colour and one of none is dark.
torch::Tensor class_picture(const torch::Tensor& target, const std::vector<ClassInfo>& classes);
// The label of a whole image ([] class index, or [K] 0 and 1) as a target of its size: all of the class, or a
// band of rows for each of the K, in their order.
torch::Tensor label_map(const torch::Tensor& label, std::int64_t height, std::int64_t width);
// The colours over the image; `opacity` 0..1. Pixels to ignore, and those of no class, show the image
// alone.
torch::Tensor overlay_picture(const torch::Tensor& image, const torch::Tensor& target,
                              const std::vector<ClassInfo>& classes, double opacity);
// Pictures in rows of `columns`, with white gaps; smaller ones are padded with white.
torch::Tensor contact_sheet(const std::vector<torch::Tensor>& pictures, std::int64_t columns);

}  // namespace nadir
