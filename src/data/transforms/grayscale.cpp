#include "data/transforms/grayscale.h"

#include "data/pixel_types.h"
#include "data/transforms/three_bands.h"

namespace nadir {
namespace {

template <class T>
T luma(T red, T green, T blue) {
  if constexpr (std::is_floating_point_v<T>) {
    return 0.299F * red + 0.587F * green + 0.114F * blue;
  } else {
    return static_cast<T>(
        (9798 * std::int64_t{red} + 19235 * std::int64_t{green} + 3735 * std::int64_t{blue} + (1 << 14)) >>
        15);
  }
}

class Grayscale final : public Transform {
 public:
  explicit Grayscale(const GrayscaleConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    check_three_bands(sample, "grayscale");
    if (!random.chance(config_.probability)) return sample;
    const torch::Tensor from = sample.image.contiguous();
    sample.image = torch::empty_like(from);
    const std::int64_t plane = from.size(1) * from.size(2);
    visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
      const T* const in = from.const_data_ptr<T>();
      T* const out = sample.image.mutable_data_ptr<T>();
      for (std::int64_t i = 0; i < plane; ++i) out[i] = luma(in[i], in[i + plane], in[i + 2 * plane]);
      std::copy_n(out, plane, out + plane);
      std::copy_n(out, plane, out + 2 * plane);
    });
    return sample;
  }

 private:
  GrayscaleConfig config_;
};

}  // namespace

void GrayscaleConfig::fields(FieldVisitor& visit) { visit.field("probability", probability, between(0, 1)); }

std::unique_ptr<Transform> make_grayscale(const GrayscaleConfig& config) {
  return std::make_unique<Grayscale>(config);
}

}  // namespace nadir
