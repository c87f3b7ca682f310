// How EfficientNet's variants differ (https://arxiv.org/abs/1905.11946, table 1 and its published code).
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace nadir {

// Of the smallest variant.
struct EfficientnetStage {
  std::int64_t repeats, kernel, stride, channels, expansion;
};
inline constexpr std::array<EfficientnetStage, 7> kEfficientnetStages = {{{1, 3, 1, 16, 1},
                                                                          {2, 3, 2, 24, 6},
                                                                          {2, 5, 2, 40, 6},
                                                                          {3, 3, 2, 80, 6},
                                                                          {3, 5, 1, 112, 6},
                                                                          {4, 5, 2, 192, 6},
                                                                          {1, 3, 1, 320, 6}}};

class EfficientnetScale {
 public:
  // Throws ConfigError unless `variant` is one of "b0" to "b4", or "lite0".
  explicit EfficientnetScale(const std::string& variant);
  // The multiple of 8 nearest to the scaled channels that is not more than a tenth below them.
  std::int64_t channels(std::int64_t base) const;
  std::int64_t repeats(std::int64_t base) const;

 private:
  double width_ = 1, depth_ = 1;
};

}  // namespace nadir
