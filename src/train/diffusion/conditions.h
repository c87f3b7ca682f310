// What is known of each image that generation is learnt from: its caption and its metadata.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nadir {

struct Conditions {
  std::vector<std::string> captions;  // of each line
  torch::Tensor metadata;  // [lines, 7] float32 as the network sees it; undefined: the list has none
};
// Reads the list of the source `captions` again: columns caption, and lon, lat, gsd, date with cloud (0 where
// the column is missing), or none of these. Throws DataError naming file and line for what is no number, out
// of range or no date.
Conditions read_conditions(const std::filesystem::path& list);

}  // namespace nadir
