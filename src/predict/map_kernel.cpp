#include "predict/map_kernel.h"

#include "predict/vector_clones.h"

namespace nadir::kernel {

namespace {

NADIR_VECTOR_CLONES void keep_strongest_loop(const float* __restrict probability, std::int32_t index,
                                             float* __restrict strongest, std::int32_t* __restrict classes,
                                             std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool stronger = probability[i] > strongest[i];
    strongest[i] = stronger ? probability[i] : strongest[i];
    classes[i] = stronger ? index : classes[i];
  }
}

// The sum of 0 times each: 0, or NaN when one is NaN or infinite. Sixteen sums, so that they can be vectors.
NADIR_VECTOR_CLONES float zeros(const float* __restrict values, std::size_t count) {
  float sums[16] = {};
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) sums[k] += values[i + k] * 0.0F;
  }
  for (; i < count; ++i) sums[0] += values[i] * 0.0F;
  float sum = 0;
  for (const float each : sums) sum += each;
  return sum;
}

}  // namespace

void keep_strongest(const float* probability, std::int32_t index, float* strongest, std::int32_t* classes,
                    std::size_t count) {
  keep_strongest_loop(probability, index, strongest, classes, count);
}

void threshold(const float* __restrict probability, std::uint8_t* __restrict labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = probability[i] >= 0.5F ? 1 : 0;
}

template <class T>
void quantise(const float* __restrict probability, float full, T* __restrict levels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float level = probability[i] * full + 0.5F;
    const float capped = level > full ? full : level;
    levels[i] = static_cast<T>(static_cast<std::int32_t>(capped < 0.0F ? 0.0F : capped));
  }
}

template <class T>
void narrow(const std::int32_t* __restrict classes, T* __restrict labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<T>(classes[i]);
}

template <class T>
void replace_invalid(const bool* __restrict valid, T nodata, T* __restrict labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) labels[i] = valid[i] ? labels[i] : nodata;
}

bool all_finite(const float* values, std::size_t count) { return zeros(values, count) == 0.0F; }

void count_values(const std::uint8_t* labels, std::int64_t* counts, std::size_t count) {
  // Neighbours are mostly equal: four tables, so that no addition waits for the one before.
  std::int64_t parts[4][256] = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) ++parts[k][labels[i + k]];
  }
  for (; i < count; ++i) ++parts[0][labels[i]];
  for (std::size_t value = 0; value < 256; ++value) {
    for (const auto& part : parts) counts[value] += part[value];
  }
}

template void quantise(const float*, float, std::uint8_t*, std::size_t);
template void quantise(const float*, float, std::uint16_t*, std::size_t);
template void narrow(const std::int32_t*, std::uint8_t*, std::size_t);
template void narrow(const std::int32_t*, std::uint16_t*, std::size_t);
template void replace_invalid(const bool*, std::uint8_t, std::uint8_t*, std::size_t);
template void replace_invalid(const bool*, std::uint16_t, std::uint16_t*, std::size_t);

}  // namespace nadir::kernel
