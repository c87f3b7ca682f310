#include "data/transforms/transpose.h"

#include "data/pixel_moves.h"

namespace nadir {
namespace {

class Transpose final : public Transform {
 public:
  explicit Transpose(const TransposeConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability) || !is_square(sample)) return sample;
    return move_sample(std::move(sample),
                       [](const torch::Tensor& pixels) { return pixels.transpose(-2, -1).contiguous(); });
  }

 private:
  TransposeConfig config_;
};

}  // namespace

void TransposeConfig::fields(FieldVisitor& visit) { visit.field("probability", probability, between(0, 1)); }

std::unique_ptr<Transform> make_transpose(const TransposeConfig& config) {
  return std::make_unique<Transpose>(config);
}

}  // namespace nadir
