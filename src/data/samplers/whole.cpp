#include "data/samplers/whole.h"

namespace nadir {
namespace {

class Whole final : public Sampler {
 public:
  explicit Whole(std::vector<Region> part) : part_(std::move(part)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(part_.size()); }
  std::int64_t patch() const override { return 0; }
  Region at(std::int64_t, std::int64_t index) const override {
    return part_.at(static_cast<std::size_t>(index));
  }

 private:
  std::vector<Region> part_;
};

std::string describe(const Region& region, const SamplerContext& context) {
  return context.source->scenes()[static_cast<std::size_t>(region.scene)].id + " (" +
         std::to_string(region.window.width) + " x " + std::to_string(region.window.height) + ")";
}

}  // namespace

std::unique_ptr<Sampler> make_whole(const WholeConfig&, const SamplerContext& context) {
  for (const Region& region : context.part) {
    const Region& first = context.part.front();
    if (region.window.height == first.window.height && region.window.width == first.window.width) continue;
    throw DataError("sampler whole: images of a batch have one size; found " + describe(first, context) +
                    " and " + describe(region, context) + ". Set the source's size, or use another sampler");
  }
  return std::make_unique<Whole>(context.part);
}

}  // namespace nadir
