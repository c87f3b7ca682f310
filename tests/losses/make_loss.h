// Losses from YAML, as recipes name them.
#pragma once

#include <string>

#include "nadir/loss.h"

namespace nadir {

struct LossList {
  std::vector<Component> loss;
  void fields(FieldVisitor& visit) { visit.components("loss", loss, losses(), "weight"); }
};

// terms: "{cross_entropy: 1, dice: {smooth: 1}}"
inline TotalLoss make_loss(const std::string& terms, const LossContext& context) {
  return {read_config<LossList>(parse_yaml("loss: " + terms, "test"), "test").loss, context};
}

}  // namespace nadir
