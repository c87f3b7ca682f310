// Class weights that a recipe names by method, made from the training part's statistics.
#pragma once

#include "nadir/train.h"

namespace nadir {

// Every loss that takes `class_weights` and has none of its own gets these.
// Throws ConfigError when there is no such loss.
std::vector<Component> with_class_weights(std::vector<Component> loss, const std::vector<double>& weights);

// As the model card keeps them ("1, 0.25, 3.5"), and back.
std::string weights_to_text(const std::vector<double>& weights);
std::vector<double> weights_from_text(const std::string& text);

}  // namespace nadir
