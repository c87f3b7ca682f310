// Which tensors of a file are a network's: the dict of the checkpoint and the prefixes that fit best.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weights/weight_file.h"

namespace nadir {

using NetworkState = std::vector<std::pair<std::string, torch::Tensor>>;

struct WeightMatch {
  const WeightGroup* group = nullptr;
  std::string removed, added;                         // prefixes: "module.", "encoder."
  std::map<std::string, const WeightEntry*> tensors;  // under the network's names
  std::vector<std::string> unexpected;                // of the group, under the file's names

  std::string what_was_done() const;  // "took 'state_dict', removed 'module.'"; "" when nothing
};

// The group and the prefixes with the most tensors of the network's names and shapes, then names alone, then
// the fewest others. `tensors` is empty when none fits.
WeightMatch match_weights(const WeightFile& file, const NetworkState& network);

// Without a network: the outermost dict of the usual names, without prefixes that wrappers add to every name.
WeightMatch choose_weights(const WeightFile& file);

}  // namespace nadir
