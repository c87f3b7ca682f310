#include "data/samplers/whole.h"

#include "data/stratify.h"

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

// Draws a class, then one of the regions that have it.
class BalancedWhole final : public Sampler {
 public:
  explicit BalancedWhole(const SamplerContext& context)
      : random_(RandomStream(context.seed).child("whole")), size_(std::ssize(context.part)) {
    const auto classes = static_cast<std::int64_t>(context.classes.size());
    std::vector<std::vector<Region>> of_class(context.classes.size() + 1);  // the last: without any
    for (const Region& region : context.part) {
      const std::vector<bool> has = classes_of_scene(*context.source, region.scene, classes);
      const bool any = std::any_of(has.begin(), has.end(), [](bool each) { return each; });
      if (!any) of_class.back().push_back(region);
      for (std::size_t k = 0; k < has.size(); ++k) {
        if (has[k]) of_class[k].push_back(region);
      }
    }
    for (auto& each : of_class) {
      if (!each.empty()) groups_.push_back(std::move(each));
    }
  }
  std::int64_t size() const override { return size_; }
  std::int64_t patch() const override { return 0; }
  Region at(std::int64_t epoch, std::int64_t index) const override {
    RandomStream random =
        random_.child(static_cast<std::uint64_t>(epoch)).child(static_cast<std::uint64_t>(index));
    const auto& group = groups_[static_cast<std::size_t>(random.below(std::ssize(groups_)))];
    return group[static_cast<std::size_t>(random.below(std::ssize(group)))];
  }

 private:
  RandomStream random_;
  std::int64_t size_;
  std::vector<std::vector<Region>> groups_;
};

std::string describe(const Region& region, const SamplerContext& context) {
  return context.source->scenes()[static_cast<std::size_t>(region.scene)].id + " (" +
         std::to_string(region.window.width) + " x " + std::to_string(region.window.height) + ")";
}

}  // namespace

std::unique_ptr<Sampler> make_whole(const WholeConfig& config, const SamplerContext& context) {
  for (const Region& region : context.part) {
    const Region& first = context.part.front();
    if (region.window.height == first.window.height && region.window.width == first.window.width) continue;
    throw DataError("sampler whole: images of a batch have one size; found " + describe(first, context) +
                    " and " + describe(region, context) + ". Set the source's size, or use another sampler");
  }
  if (config.balanced) return std::make_unique<BalancedWhole>(context);
  return std::make_unique<Whole>(context.part);
}

}  // namespace nadir
