// How many pixels each class has, and in which scenes.
#pragma once

#include <map>

#include "nadir/data.h"

namespace nadir {

class ClassCounts {
 public:
  explicit ClassCounts(std::int64_t classes) : classes_(static_cast<std::size_t>(classes)) {}
  // Multiclass targets count their values, multilabel ones [K, H, W] the pixels of each label, those of whole
  // images [] themselves. Values beyond the classes do not count.
  void add(std::int64_t scene, const torch::Tensor& target);
  void merge(const ClassCounts& other);

  bool empty() const { return scenes_.empty(); }
  std::vector<std::int64_t> pixels() const;        // [K] of each class
  std::vector<std::int64_t> scene_pixels() const;  // [K] labelled, in the scenes that have the class

 private:
  struct SceneCounts {
    std::vector<std::int64_t> of_class;  // [K]
    std::vector<std::int64_t> labelled;  // [K] pixels that count for the class
    bool whole = false;                  // the label is the scene's
  };
  SceneCounts& counts_of(std::int64_t scene);

  std::size_t classes_;
  std::map<std::int64_t, SceneCounts> scenes_;
};

}  // namespace nadir
