// Binary cross-entropy of each class on its own: -(q y log p + (1 - y) log(1 - p)), p = sigmoid of the logit.
// Computed from logits, so that it is exact where probabilities round to 0 or 1.
#pragma once

#include "losses/term.h"

namespace nadir {

struct BinaryCrossEntropyConfig : TermConfig {
  std::vector<double>
      class_weights;  // times the loss of the class; the mean still divides by the number of elements
  std::vector<double> pos_weight;  // q, one for each class: how much more its true pixels count
  double label_smoothing = 0;      // e: y (1 - e) + e / 2 in place of y; 0 to below 1
  std::string reduction = "mean";  // mean over the elements (pixels times classes) that count; sum
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit.field("class_weights", class_weights, at_least(0));
    visit.field("pos_weight", pos_weight, at_least(0));
    visit.field("label_smoothing", label_smoothing, from_below(0, 1));
    visit.field("reduction", reduction, {"mean", "sum"});
  }
};
std::unique_ptr<Loss> make_binary_cross_entropy(const BinaryCrossEntropyConfig& config,
                                                const LossContext& context);

}  // namespace nadir
