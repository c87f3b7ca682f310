#include "data/pixel_moves.h"
#include "nadir/data.h"

namespace nadir {
namespace {

class WindowDataset final : public Dataset {
 public:
  WindowDataset(std::shared_ptr<const Source> source, std::unique_ptr<Sampler> sampler,
                std::vector<std::unique_ptr<Transform>> transforms, std::uint64_t seed)
      : source_(std::move(source)),
        sampler_(std::move(sampler)),
        transforms_(std::move(transforms)),
        random_(RandomStream(seed).child("augment")) {}

  std::int64_t size() const override { return sampler_->size(); }

  Sample get(std::int64_t epoch, std::int64_t index) const override {
    const Region region = sampler_->at(epoch, index);
    Sample sample = source_->read(region.scene, region.window);
    sample = mirror_up_to(std::move(sample), sampler_->patch(), sampler_->patch());
    const RandomStream random =
        random_.child(static_cast<std::uint64_t>(epoch)).child(static_cast<std::uint64_t>(index));
    for (std::size_t i = 0; i < transforms_.size(); ++i) {
      // A stream for each: what one transform draws does not depend on those before it.
      RandomStream own = random.child(i);
      sample = transforms_[i]->apply(std::move(sample), own);
    }
    return sample;
  }

 private:
  std::shared_ptr<const Source> source_;
  std::unique_ptr<Sampler> sampler_;
  std::vector<std::unique_ptr<Transform>> transforms_;
  RandomStream random_;
};

}  // namespace

std::unique_ptr<Dataset> make_window_dataset(std::shared_ptr<const Source> source,
                                             std::unique_ptr<Sampler> sampler,
                                             std::vector<std::unique_ptr<Transform>> transforms,
                                             std::uint64_t seed) {
  return std::make_unique<WindowDataset>(std::move(source), std::move(sampler), std::move(transforms), seed);
}

}  // namespace nadir
