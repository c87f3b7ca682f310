// Focal loss: -alpha (1 - p)^gamma log p of what is true, so that easy pixels count less. Lin et al. 2017.
// softmax: p of the true class. sigmoid: each class on its own, alpha for its pixels and 1 - alpha for the
// others.
#pragma once

#include "losses/term.h"

namespace nadir {

struct FocalConfig : TermConfig {
  double gamma = 2;                   // at least 0; 0 is cross-entropy
  std::optional<double> alpha;        // 0 to 1; left out: no factor
  std::vector<double> class_weights;  // times the loss of the class; the mean divides by the number of pixels
  std::string activation = "auto";
  // What the mean divides by: pixels (losses of the classes are summed), elements (pixels times classes);
  // auto is pixels for softmax, elements for sigmoid.
  std::string mean_over = "auto";
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit.field("gamma", gamma, at_least(0));
    visit.field("alpha", alpha, between(0, 1));
    visit.field("class_weights", class_weights, at_least(0));
    visit_activation(visit, activation);
    visit.field("mean_over", mean_over, {"auto", "pixels", "elements"});
  }
};
std::unique_ptr<Loss> make_focal(const FocalConfig& config, const LossContext& context);

}  // namespace nadir
