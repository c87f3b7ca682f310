#include "data/transforms/rotate90.h"

#include "data/pixel_moves.h"

namespace nadir {
namespace {

class Rotate90 final : public Transform {
 public:
  explicit Rotate90(const Rotate90Config& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const std::int64_t turns = is_square(sample) ? random.below(4) : 2 * random.below(2);
    if (turns == 0) return sample;
    return move_sample(std::move(sample), [&](const torch::Tensor& pixels) {
      return pixels.rot90(turns, {-2, -1});
    });
  }

 private:
  Rotate90Config config_;
};

}  // namespace

void Rotate90Config::fields(FieldVisitor& visit) { visit.field("probability", probability, between(0, 1)); }

std::unique_ptr<Transform> make_rotate90(const Rotate90Config& config) {
  return std::make_unique<Rotate90>(config);
}

}  // namespace nadir
