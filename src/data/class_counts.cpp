#include "data/class_counts.h"

namespace nadir {
namespace {

std::array<std::int64_t, 256> count_values(const std::uint8_t* values, std::int64_t count) {
  std::array<std::int64_t, 256> counts{};
  for (std::int64_t i = 0; i < count; ++i) ++counts[values[i]];
  return counts;
}

}  // namespace

ClassCounts::SceneCounts& ClassCounts::counts_of(std::int64_t scene) {
  SceneCounts& counts = scenes_[scene];
  counts.of_class.resize(classes_);
  counts.labelled.resize(classes_);
  return counts;
}

void ClassCounts::add(std::int64_t scene, const torch::Tensor& target) {
  SceneCounts& counts = counts_of(scene);
  if (target.dim() < 2) {  // each window of a scene has its label: it counts once
    for (std::size_t k = 0; k < classes_; ++k) {
      const auto index = static_cast<std::int64_t>(k);
      const bool has =
          target.dim() == 0 ? target.item<std::int64_t>() == index : target[index].item<std::int64_t>() == 1;
      if (has) counts.of_class[k] = 1;
    }
    std::fill(counts.labelled.begin(), counts.labelled.end(), 1);
    counts.whole = true;
    return;
  }
  const torch::Tensor labels = target.contiguous();
  const auto* const values = labels.const_data_ptr<std::uint8_t>();
  const std::int64_t plane = labels.size(-1) * labels.size(-2);
  const bool multilabel = labels.dim() == 3;
  std::array<std::int64_t, 256> found{};
  for (std::size_t k = 0; k < classes_; ++k) {
    if (multilabel || k == 0) found = count_values(values + static_cast<std::int64_t>(k) * plane, plane);
    counts.of_class[k] += multilabel ? found[1] : found[k];
    counts.labelled[k] += plane - found[kIgnore];
  }
}

void ClassCounts::merge(const ClassCounts& other) {
  for (const auto& [scene, more] : other.scenes_) {
    SceneCounts& counts = counts_of(scene);
    counts.whole = more.whole;
    for (std::size_t k = 0; k < classes_; ++k) {
      counts.of_class[k] = more.whole ? more.of_class[k] : counts.of_class[k] + more.of_class[k];
      counts.labelled[k] = more.whole ? more.labelled[k] : counts.labelled[k] + more.labelled[k];
    }
  }
}

std::vector<std::int64_t> ClassCounts::pixels() const {
  std::vector<std::int64_t> sums(classes_);
  for (const auto& [scene, counts] : scenes_) {
    for (std::size_t k = 0; k < classes_; ++k) sums[k] += counts.of_class[k];
  }
  return sums;
}

std::vector<std::int64_t> ClassCounts::scene_pixels() const {
  std::vector<std::int64_t> sums(classes_);
  for (const auto& [scene, counts] : scenes_) {
    for (std::size_t k = 0; k < classes_; ++k) {
      if (counts.of_class[k] > 0 || counts.whole) sums[k] += counts.labelled[k];
    }
  }
  return sums;
}

}  // namespace nadir
