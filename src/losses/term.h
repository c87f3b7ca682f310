// What the terms of a loss have in common: their weight in the sum, how logits become probabilities, class
// weights.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "nadir/loss.h"

namespace nadir {

struct TermConfig {
  double weight = 1;  // of the term in the sum, at least 0
  void fields(FieldVisitor& visit) { visit.field("weight", weight, at_least(0)); }
};

// "auto" is softmax for class indices and sigmoid for one map per class. "sigmoid" with class indices reads
// each class on its own, one against the rest.
void visit_activation(FieldVisitor& visit, std::string& activation);
// Throws ConfigError for softmax where classes do not exclude each other.
void check_activation(const std::string& activation, const LossContext& context);
bool uses_sigmoid(const std::string& activation, const LossInput& input);

// Throws ConfigError unless `weights` is empty or has one weight for each class, not all of them 0.
void check_class_weights(const std::vector<double>& weights, const LossContext& context,
                         const std::string& field = "class_weights");
// [K] of the logits' type and device.
torch::Tensor weight_tensor(const std::vector<double>& weights, const LossInput& input);
// [1, K, 1, 1], to go with the input's tensors.
torch::Tensor channel_weights(const std::vector<double>& weights, const LossInput& input);

// How many pixels times classes count; above 0, so that a batch without any gives 0.
torch::Tensor valid_elements(const LossInput& input);

}  // namespace nadir
