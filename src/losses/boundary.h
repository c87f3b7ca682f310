// Boundary loss: mean of p phi, where phi is the signed distance to the true region's boundary in pixels,
// negative inside. Kervadec et al. 2019. It may be negative. Meant beside an overlap loss, not alone: {dice:
// 1, boundary: 0.01}.
#pragma once

#include "losses/term.h"

namespace nadir {

struct BoundaryConfig : TermConfig {
  std::string activation = "auto";
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit_activation(visit, activation);
  }
};
std::unique_ptr<Loss> make_boundary(const BoundaryConfig& config, const LossContext& context);

}  // namespace nadir
