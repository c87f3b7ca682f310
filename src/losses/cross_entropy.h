// Cross-entropy of class indices: -log p of the true class, p = softmax of the logits.
#pragma once

#include "losses/term.h"

namespace nadir {

struct CrossEntropyConfig : TermConfig {
  // One for each class. The mean divides by the sum of the weights of the pixels, not by their number, as
  // torch does.
  std::vector<double> class_weights;
  double label_smoothing = 0;      // e: (1 - e) of the true class plus e / K of every class; 0 to below 1
  std::string reduction = "mean";  // mean over the pixels that count; sum
  // softmax; sigmoid: p = sigmoid of each logit divided by their sum over the classes (study 003's UNet 3+).
  std::string activation = "softmax";
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit.field("class_weights", class_weights, at_least(0));
    visit.field("label_smoothing", label_smoothing, from_below(0, 1));
    visit.field("reduction", reduction, {"mean", "sum"});
    visit.field("activation", activation, {"softmax", "sigmoid"});
  }
};
std::unique_ptr<Loss> make_cross_entropy(const CrossEntropyConfig& config, const LossContext& context);

}  // namespace nadir
