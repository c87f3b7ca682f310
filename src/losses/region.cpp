#include "losses/region.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

bool by_class(const RegionConfig& config) {
  return config.reduction == "per_class" || config.reduction == "per_image_per_class";
}

// sums: [N, K]
torch::Tensor together(const torch::Tensor& sums, const std::string& reduction) {
  if (reduction == "batch") return sums.sum();
  if (reduction == "per_image") return sums.sum(1);
  if (reduction == "per_class") return sums.sum(0);
  return sums;
}

}  // namespace

void RegionConfig::fields(FieldVisitor& visit) {
  TermConfig::fields(visit);
  visit.field("reduction", reduction, {"batch", "per_image", "per_class", "per_image_per_class"});
  visit.field("smooth", smooth, at_least(0));
  visit.field("absent", absent, {"skip", "count", "zero"});
  visit.field("class_weights", class_weights, at_least(0));
  visit.field("normalize_weights", normalize_weights);
  visit_activation(visit, activation);
}

void RegionConfig::validate() const {
  if (!class_weights.empty() && !by_class(*this)) {
    throw ConfigError("class_weights need a coefficient for each class; reduction is '" + reduction +
                      "', set it to per_class or per_image_per_class");
  }
}

LossInput::Sums region_sums(const RegionConfig& config, const LossInput& input) {
  const LossInput::Sums& sums =
      uses_sigmoid(config.activation, input) ? input.sigmoid_sums() : input.softmax_sums();
  const auto reduce = [&](const torch::Tensor& each) { return together(each, config.reduction); };
  return {.overlap = reduce(sums.overlap),
          .predicted = reduce(sums.predicted),
          .truth = reduce(sums.truth),
          .pixels = reduce(sums.pixels)};
}

torch::Tensor region_loss(const RegionConfig& config, const LossInput& input, const LossInput::Sums& sums,
                          const torch::Tensor& coefficient) {
  torch::Tensor share = sums.pixels.gt(0).to(coefficient.scalar_type());
  torch::Tensor loss = 1 - coefficient;
  if (!config.class_weights.empty()) {
    const torch::Tensor weights = weight_tensor(config.class_weights, input);
    if (config.normalize_weights) {
      share = share * weights;
    } else {
      loss = 1 - weights * coefficient;
    }
  }
  if (by_class(config) && config.absent != "count") {
    const torch::Tensor present = sums.truth.gt(0);
    if (config.absent == "skip") share = share * present;
    if (config.absent == "zero") loss = loss * present;
  }
  return (loss * share).sum() / share.sum().clamp_min(1e-12);
}

torch::Tensor smooth_ratio(const torch::Tensor& numerator, const torch::Tensor& denominator, double smooth) {
  return (numerator + smooth) / (denominator + smooth).clamp_min(1e-12);
}

}  // namespace nadir
