#include "data/batch_transforms/mixup.h"

#include "data/batch_transforms/partners.h"
#include "data/pixel_values.h"

namespace nadir {
namespace {

// Samples of two images: a and b [N, C, H, W], their masks [N, H, W] or undefined.
struct Layers {
  torch::Tensor image, valid;
};

torch::Tensor blend(const Layers& a, const Layers& b, double weight) {
  torch::Tensor blended = torch::empty_like(a.image);
  const std::int64_t bands = a.image.size(1), plane = a.image.size(2) * a.image.size(3);
  const bool* const valid_a = a.valid.defined() ? a.valid.const_data_ptr<bool>() : nullptr;
  const bool* const valid_b = b.valid.defined() ? b.valid.const_data_ptr<bool>() : nullptr;
  visit_pixel_type(a.image.scalar_type(), [&]<class T>(T) {
    const T *from_a = a.image.const_data_ptr<T>(), *from_b = b.image.const_data_ptr<T>();
    T* to = blended.mutable_data_ptr<T>();
    for (std::int64_t i = 0; i < blended.numel(); ++i) {
      const std::int64_t pixel = i / (bands * plane) * plane + i % plane;
      if (valid_b && !valid_b[pixel]) {
        to[i] = from_a[i];
      } else if (valid_a && !valid_a[pixel]) {
        to[i] = from_b[i];
      } else {
        const auto x = static_cast<double>(from_a[i]), y = static_cast<double>(from_b[i]);
        to[i] = to_pixel<T>(x + weight * (y - x));
      }
    }
  });
  return blended;
}

class Mixup final : public BatchTransform {
 public:
  explicit Mixup(const MixupConfig& config) : config_(config) {}

  Batch apply(Batch batch, RandomStream& random) const override {
    if (!can_mix(batch) || !random.chance(config_.probability)) return batch;
    const double share = draw_beta(config_.alpha, random);
    const auto order = permutation(batch.images.size(0), random.child("partners"));
    const Layers own{batch.images, batch.valid};
    const Layers partners{reorder(batch.images, order), reorder(batch.valid, order)};
    batch.mix_weight = std::min(share, 1 - share);
    batch.images = blend(own, partners, batch.mix_weight);
    if (batch.valid.defined()) batch.valid = own.valid.logical_or(partners.valid);
    batch.mix_targets = reorder(batch.targets, order);
    return batch;
  }

 private:
  MixupConfig config_;
};

}  // namespace

void MixupConfig::fields(FieldVisitor& visit) {
  visit.field("alpha", alpha, above_up_to(0, 4));
  visit.field("probability", probability, between(0, 1));
}

std::unique_ptr<BatchTransform> make_mixup(const MixupConfig& config) {
  return std::make_unique<Mixup>(config);
}

}  // namespace nadir
