// What a classifier gives for every image of a part, and how its probabilities are calibrated.
#pragma once

#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

// In the order of the dataset.
struct ImageOutputs {
  std::vector<std::string> ids;
  torch::Tensor logits;   // [N, K] float32, on the CPU
  torch::Tensor targets;  // [N] int64, or [N, K] uint8
  // [N, K] float32: softmax or sigmoid of logits / temperature.
  torch::Tensor probabilities(double temperature = 1) const;
  // [N] float64: -log of the probability of what is true, over the labels that count; 0 where none does.
  torch::Tensor log_losses(double temperature = 1) const;
};
// Appends what evaluate() shows.
BatchVisitor collect_outputs(std::vector<ImageOutputs>& batches);
ImageOutputs join_outputs(const std::vector<ImageOutputs>& batches);

// Temperature scaling (Guo et al. 2017): the one number above 0 that logits are divided by for the smallest
// negative log likelihood of the targets. Found by L-BFGS on its logarithm, between 1/20 and 20: where every
// image is right, the smaller the better. Throws DataError when no target counts.
double fit_temperature(const ImageOutputs& outputs);

}  // namespace nadir
