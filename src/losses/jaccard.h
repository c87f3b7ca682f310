// Jaccard (IoU): 1 - (sum p y + s) / (sum p + sum y - sum p y + s). Rahman and Wang 2016.
#pragma once

#include "losses/region.h"

namespace nadir {

struct JaccardConfig : RegionConfig {};
std::unique_ptr<Loss> make_jaccard(const JaccardConfig& config, const LossContext& context);

}  // namespace nadir
