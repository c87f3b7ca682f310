#include <string>

#include "nadir/data.h"
#include "nadir/error.h"

namespace nadir {
namespace {

torch::Tensor per_band(const std::vector<double>& values) {
  return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).reshape({1, -1, 1, 1});
}

void check(const Normalization& n) {
  const std::size_t bands = n.offset.size();
  if (n.range.size() != bands || n.mean.size() != bands || n.std.size() != bands) {
    throw ModelError("a normalization has " + std::to_string(bands) + " offsets, " +
                     std::to_string(n.range.size()) + " ranges, " + std::to_string(n.mean.size()) +
                     " means and " + std::to_string(n.std.size()) +
                     " deviations; it needs one of each for every band");
  }
  for (std::size_t band = 0; band < bands; ++band) {
    if (!(n.range[band] > 0) || !(n.std[band] > 0)) {
      throw ModelError("the normalization of band " + std::to_string(band + 1) + " has range " +
                       std::to_string(n.range[band]) + " and deviation " + std::to_string(n.std[band]) +
                       "; both must be above 0");
    }
  }
}

}  // namespace

Normalizer::Normalizer(const Normalization& normalization) {
  check(normalization);
  per_image_ = normalization.scale == "per_image";
  std::vector<double> factor, shift;
  for (std::size_t band = 0; band < normalization.offset.size(); ++band) {
    const double range = normalization.range[band], deviation = normalization.std[band];
    factor.push_back(1 / (range * deviation));
    shift.push_back(-(normalization.offset[band] / range + normalization.mean[band]) / deviation);
  }
  factor_ = per_band(factor);
  shift_ = per_band(shift);
}

void Normalizer::to(torch::Device device) {
  factor_ = factor_.to(device);
  shift_ = shift_.to(device);
}

torch::Tensor Normalizer::operator()(const torch::Tensor& images, const torch::Tensor& valid) const {
  if (images.dim() != 4 || images.size(1) != factor_.size(1)) {
    throw ModelError("the model takes images of " + std::to_string(factor_.size(1)) +
                     " bands; the batch has " + std::to_string(images.dim() == 4 ? images.size(1) : 0));
  }
  if (per_image_) return standardise(images, valid);
  torch::Tensor input = torch::addcmul(shift_, images.to(torch::kFloat32), factor_);
  if (images.is_floating_point()) input = input.masked_fill_(input.isfinite().logical_not_(), 0);
  if (valid.defined()) input = input.masked_fill_(valid.logical_not().unsqueeze(1), 0);
  return input;
}

// (raw - mean) / standard deviation of each image's own band, over the pixels that count.
torch::Tensor Normalizer::standardise(const torch::Tensor& images, const torch::Tensor& valid) const {
  torch::Tensor raw = images.to(torch::kFloat32);
  torch::Tensor counts = torch::ones_like(raw, torch::kBool);
  if (images.is_floating_point()) counts = raw.isfinite();
  if (valid.defined()) counts = counts.logical_and(valid.unsqueeze(1));
  raw = raw.masked_fill(counts.logical_not(), 0);
  const torch::Tensor pixels = counts.sum({2, 3}, true).clamp_min(1);
  const torch::Tensor centred = (raw - raw.sum({2, 3}, true) / pixels) * counts;
  const torch::Tensor deviation = (centred.square().sum({2, 3}, true) / pixels).sqrt();
  return centred / deviation.masked_fill(deviation.eq(0), 1);
}

}  // namespace nadir
