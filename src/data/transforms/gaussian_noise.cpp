#include "data/transforms/gaussian_noise.h"

#include <numbers>

#include "data/pixel_values.h"

namespace nadir {
namespace {

// Box and Muller 1958: two uniform numbers make two normal ones.
class Normal {
 public:
  explicit Normal(RandomStream& random) : random_(random) {}
  double operator()() {
    if (has_second_) {
      has_second_ = false;
      return second_;
    }
    const double radius = std::sqrt(-2 * std::log1p(-random_.uniform()));
    const double angle = 2 * std::numbers::pi * random_.uniform();
    second_ = radius * std::sin(angle);
    has_second_ = true;
    return radius * std::cos(angle);
  }

 private:
  RandomStream& random_;
  double second_ = 0;
  bool has_second_ = false;
};

class GaussianNoise final : public Transform {
 public:
  explicit GaussianNoise(const GaussianNoiseConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const double share = random.uniform(0, config_.std);
    const std::vector<ValueRange> ranges = value_ranges(sample, config_.range);
    const torch::Tensor from = sample.image.contiguous();
    sample.image = torch::empty_like(from);
    const std::int64_t plane = from.size(1) * from.size(2);
    Normal normal(random);
    visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
      const T* in = from.const_data_ptr<T>();
      T* out = sample.image.mutable_data_ptr<T>();
      for (const ValueRange& range : ranges) {
        const double deviation = share * range.span();
        for (std::int64_t i = 0; i < plane; ++i) {
          *out++ = to_pixel<T>(static_cast<double>(*in++) + deviation * normal());
        }
      }
    });
    return sample;
  }

 private:
  GaussianNoiseConfig config_;
};

}  // namespace

void GaussianNoiseConfig::fields(FieldVisitor& visit) {
  visit.field("std", std, between(0, 1));
  visit.field("range", range);
  visit.field("probability", probability, between(0, 1));
}

void GaussianNoiseConfig::validate() const { check_range(range); }

std::unique_ptr<Transform> make_gaussian_noise(const GaussianNoiseConfig& config) {
  return std::make_unique<GaussianNoise>(config);
}

}  // namespace nadir
