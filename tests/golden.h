// Known answers of the reference implementations, and the rule that fills their tensors
// (tests/data/goldens/README.md).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace nadir::golden {

// $NADIR_GOLDENS, or the repository's copies.
std::filesystem::path folder();
// The .json files of the folder whose names begin with `prefix`, sorted.
std::vector<std::filesystem::path> files(const std::string& prefix = "");
nlohmann::json read(const std::filesystem::path& file);

// fnv1a of the text's bytes, as 16 hexadecimal digits.
std::string hash(const std::string& text);

// u(name, i) in [0, 1), exact in float32.
double unit(const std::string& name, std::uint64_t index);
// u for every element, float64.
torch::Tensor units(const std::string& name, at::IntArrayRef shape);
// floor(u * classes), int64.
torch::Tensor labels(const std::string& name, at::IntArrayRef shape, std::int64_t classes);

// How a tensor of a network is filled.
enum class Kind { kByName, kOther, kZero };
// The value of a state-dict tensor by the fill rule, float64 holding float32-rounded values. `is_norm` says
// whether a one-dimensional `.weight` belongs to a normalisation layer.
torch::Tensor state(const std::string& name, at::IntArrayRef shape, bool is_norm, Kind kind = Kind::kByName);

}  // namespace nadir::golden
