#include "predict/map_kernel.h"

namespace nadir::kernel {

void keep_strongest(const float* __restrict probability, std::int32_t index, float* __restrict strongest,
                    std::int32_t* __restrict classes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool stronger = probability[i] > strongest[i];
    strongest[i] = stronger ? probability[i] : strongest[i];
    classes[i] = stronger ? index : classes[i];
  }
}

void threshold(const float* __restrict probability, std::uint8_t* __restrict labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = probability[i] >= 0.5F ? 1 : 0;
}

void quantise(const float* __restrict probability, float full, std::uint8_t* __restrict levels,
              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float level = probability[i] * full + 0.5F;
    const float capped = level > full ? full : level;
    levels[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(capped < 0.0F ? 0.0F : capped));
  }
}

void narrow(const std::int32_t* __restrict classes, std::uint8_t* __restrict labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<std::uint8_t>(classes[i]);
}

void replace_invalid(const bool* __restrict valid, std::uint8_t nodata, std::uint8_t* __restrict labels,
                     std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = valid[i] ? labels[i] : nodata;
}

bool all_finite(const float* values, std::size_t count) {
  std::size_t finite = 0;
  // 0 times a number is 0; 0 times NaN or infinity is NaN.
  for (std::size_t i = 0; i < count; ++i) finite += values[i] * 0.0F == 0.0F ? 1 : 0;
  return finite == count;
}

}  // namespace nadir::kernel
