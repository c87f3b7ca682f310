// A classifier before a segmentation network: masks of classes that it does not see in an image are emptied
// (how teams of the clouds competition joined both of study 000's models).
#pragma once

#include <filesystem>
#include <vector>

#include "nadir/model_file.h"

namespace nadir {

class ClassGate {
 public:
  // Classes are matched by name; those of `classes` that the classifier does not know always pass. A class
  // passes where its probability reaches its threshold; `thresholds`: one, or one for each of the
  // classifier's classes. Throws ModelError for a network that labels pixels, other bands than `card`'s and
  // no class in common, ConfigError for another number of thresholds.
  ClassGate(const std::filesystem::path& classifier, const ModelCard& card,
            const std::vector<double>& thresholds, torch::Device device);

  // images: [N, C, H, W] raw values; valid: [N, H, W] bool or undefined. Images of another size than the
  // classifier's are scaled until their longest side is its own. Gives [N, K] bool, of card's classes: which
  // pass. Of classes that exclude each other one always passes, the likeliest.
  torch::Tensor passes(const torch::Tensor& images, const torch::Tensor& valid) const;

  // logits: [N, K, H, W]. The same with classes that do not pass so far down that their probability is 0.
  static torch::Tensor close(const torch::Tensor& logits, const torch::Tensor& passes);

 private:
  torch::Tensor probabilities(const torch::Tensor& images, const torch::Tensor& valid) const;

  LoadedModel classifier_;
  Normalizer normalizer_;
  torch::Device device_;
  bool exclusive_;                  // of the gated network's classes one is at every pixel
  std::vector<std::int64_t> from_;  // [K] the classifier's class, -1: none
  torch::Tensor thresholds_;        // [classifier's K]
};

}  // namespace nadir
