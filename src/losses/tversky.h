// Tversky: 1 - (TP + s) / (TP + a FN + b FP + s) with soft TP, FN and FP. Salehi et al. 2017.
// Focal Tversky: (1 - coefficient)^exponent. Abraham and Khan 2019.
// The weights are named for what they weigh: `alpha` means false positives in one reference, negatives in
// another.
#pragma once

#include "losses/region.h"

namespace nadir {

struct TverskyConfig : RegionConfig {
  double false_negatives = 0.7;  // a, at least 0: what a missed pixel costs
  double false_positives = 0.3;  // b, at least 0
  void fields(FieldVisitor& visit) {
    RegionConfig::fields(visit);
    visit.field("false_negatives", false_negatives, at_least(0));
    visit.field("false_positives", false_positives, at_least(0));
  }
};
struct FocalTverskyConfig : TverskyConfig {
  double exponent =
      0.75;  // above 0; below 1 makes hard classes count more (1 / gamma of the paper, gamma 4/3)
  void fields(FieldVisitor& visit) {
    TverskyConfig::fields(visit);
    visit.field("exponent", exponent, above(0));
  }
};
std::unique_ptr<Loss> make_tversky(const TverskyConfig& config, const LossContext& context);
std::unique_ptr<Loss> make_focal_tversky(const FocalTverskyConfig& config, const LossContext& context);

}  // namespace nadir
