#include "data/transforms/coarse_dropout.h"

#include "data/pixel_moves.h"
#include "data/pixel_values.h"

namespace nadir {
namespace {

class CoarseDropout final : public Transform {
 public:
  explicit CoarseDropout(const CoarseDropoutConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const std::vector<double> means = band_means(sample);
    const bool labelled = sample.target.defined() && sample.target.dim() >= 2;
    sample.image = move_pixels(sample.image, [](const torch::Tensor& pixels) { return pixels.clone(); });
    if (labelled && config_.target == "ignore") sample.target = sample.target.clone();
    const std::int64_t holes = 1 + random.below(config_.holes);
    for (std::int64_t i = 0; i < holes; ++i) {
      const Window hole = draw(sample.image.size(-2), sample.image.size(-1), random);
      cover(sample.image, hole, means);
      if (labelled && config_.target == "ignore") {
        sample.target.narrow(-2, hole.row, hole.height).narrow(-1, hole.column, hole.width).fill_(kIgnore);
      }
    }
    return sample;
  }

 private:
  Window draw(std::int64_t height, std::int64_t width, RandomStream& random) const {
    const auto side = [&](std::int64_t whole) {
      const double share = random.uniform(config_.smallest, config_.largest);
      return std::clamp<std::int64_t>(std::llround(share * static_cast<double>(whole)), 1, whole);
    };
    const std::int64_t rows = side(height), columns = side(width);
    const std::int64_t row = random.below(height - rows + 1);
    return {row, random.below(width - columns + 1), rows, columns};
  }

  static void cover(const torch::Tensor& image, const Window& hole, const std::vector<double>& means) {
    visit_pixel_type(image.scalar_type(), [&]<class T>(T) {
      T* band = image.mutable_data_ptr<T>();
      for (const double mean : means) {
        for (std::int64_t row = hole.row; row < hole.bottom(); ++row) {
          std::fill_n(band + row * image.size(2) + hole.column, hole.width, to_pixel<T>(mean));
        }
        band += image.size(1) * image.size(2);
      }
    });
  }

  CoarseDropoutConfig config_;
};

}  // namespace

void CoarseDropoutConfig::fields(FieldVisitor& visit) {
  visit.field("holes", holes, between(1, 1000));
  visit.field("smallest", smallest, above_up_to(0, 1));
  visit.field("largest", largest, above_up_to(0, 1));
  visit.field("target", target, {"keep", "ignore"});
  visit.field("probability", probability, between(0, 1));
}

void CoarseDropoutConfig::validate() const {
  if (smallest > largest) throw ConfigError("'smallest' must not be above 'largest'");
}

std::unique_ptr<Transform> make_coarse_dropout(const CoarseDropoutConfig& config) {
  return std::make_unique<CoarseDropout>(config);
}

}  // namespace nadir
