#include "models/blocks/efficientnet_scale.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "nadir/error.h"

namespace nadir {

EfficientnetScale::EfficientnetScale(const std::string& variant) {
  static const std::map<std::string, std::pair<double, double>> scales = {
      {"lite0", {1.0, 1.0}}, {"b0", {1.0, 1.0}}, {"b1", {1.0, 1.1}},
      {"b2", {1.1, 1.2}},    {"b3", {1.2, 1.4}}, {"b4", {1.4, 1.8}}};
  const auto found = scales.find(variant);
  if (found == scales.end())
    throw ConfigError("no EfficientNet '" + variant + "'; there are b0, b1, b2, b3, b4 and lite0");
  std::tie(width_, depth_) = found->second;
}

std::int64_t EfficientnetScale::channels(std::int64_t base) const {
  const double wanted = static_cast<double>(base) * width_;
  const std::int64_t rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(wanted + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * wanted ? rounded + 8 : rounded;
}

std::int64_t EfficientnetScale::repeats(std::int64_t base) const {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(base) * depth_));
}

}  // namespace nadir
