// Dice: 1 - (2 sum p y + s) / (sum p + sum y + s). Milletari et al. 2016, with plain sums in the denominator.
#pragma once

#include "losses/region.h"

namespace nadir {

struct DiceConfig : RegionConfig {};
std::unique_ptr<Loss> make_dice(const DiceConfig& config, const LossContext& context);

}  // namespace nadir
