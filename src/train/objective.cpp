#include "train/objective.h"

#include "train/diffusion/denoising_objective.h"
#include "train/objectives/labels.h"

namespace nadir {

std::unique_ptr<Objective> make_objective(const Recipe& recipe) {
  if (recipe.task == "generation") return std::make_unique<DenoisingObjective>(recipe);
  return std::make_unique<LabelObjective>(recipe);
}

}  // namespace nadir
