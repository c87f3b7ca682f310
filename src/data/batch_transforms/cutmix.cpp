#include "data/batch_transforms/cutmix.h"

#include "data/batch_transforms/partners.h"
#include "data/pixel_moves.h"

namespace nadir {
namespace {

Window draw_rectangle(std::int64_t height, std::int64_t width, double area, RandomStream& random) {
  const auto side = [&](std::int64_t whole) {
    return static_cast<std::int64_t>(std::sqrt(area) * static_cast<double>(whole));
  };
  const std::int64_t rows = side(height), columns = side(width);
  const std::int64_t row = random.below(height) - rows / 2, column = random.below(width) - columns / 2;
  return intersection({0, 0, height, width}, {row, column, rows, columns});
}

torch::Tensor paste(const torch::Tensor& into, const std::vector<std::int64_t>& order, const Window& part) {
  if (!into.defined() || into.dim() < 3) return into;
  return move_pixels(into, [&](const torch::Tensor& pixels) {
    const auto cut = [&](const torch::Tensor& all) {
      return all.narrow(-2, part.row, part.height).narrow(-1, part.column, part.width);
    };
    torch::Tensor pasted = pixels.clone();
    cut(pasted).copy_(reorder(cut(pixels), order));
    return pasted;
  });
}

class Cutmix final : public BatchTransform {
 public:
  explicit Cutmix(const CutmixConfig& config) : config_(config) {}

  Batch apply(Batch batch, RandomStream& random) const override {
    if (!can_mix(batch) || !random.chance(config_.probability)) return batch;
    const double area = 1 - draw_beta(config_.alpha, random);
    const std::int64_t height = batch.images.size(2), width = batch.images.size(3);
    const Window part = draw_rectangle(height, width, area, random);
    if (part.area() == 0) return batch;
    const auto order = permutation(batch.images.size(0), random.child("partners"));
    batch.images = paste(batch.images, order, part);
    batch.valid = paste(batch.valid, order, part);
    if (batch.targets.dim() >= 3) {
      batch.targets = paste(batch.targets, order, part);
    } else {
      batch.mix_targets = reorder(batch.targets, order);
      batch.mix_weight = static_cast<double>(part.area()) / static_cast<double>(height * width);
    }
    return batch;
  }

 private:
  CutmixConfig config_;
};

}  // namespace

void CutmixConfig::fields(FieldVisitor& visit) {
  visit.field("alpha", alpha, above_up_to(0, 4));
  visit.field("probability", probability, between(0, 1));
}

std::unique_ptr<BatchTransform> make_cutmix(const CutmixConfig& config) {
  return std::make_unique<Cutmix>(config);
}

}  // namespace nadir
