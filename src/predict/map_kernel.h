// The loops over rows of probabilities that make maps of them. Plain arrays, none of which overlap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir::kernel {

// Keeps the larger of `strongest` and a class's probabilities, and whose it was; of equal ones the first
// given.
void keep_strongest(const float* probability, std::int32_t index, float* strongest, std::int32_t* classes,
                    std::size_t count);
// 1 where the probability is at least 1/2, else 0.
void threshold(const float* probability, std::uint8_t* labels, std::size_t count);
// 0 .. 1 to 0 .. full, rounded; beyond them by less than rounding errors is allowed.
template <class T>  // std::uint8_t, std::uint16_t
void quantise(const float* probability, float full, T* levels, std::size_t count);
template <class T>
void narrow(const std::int32_t* classes, T* labels, std::size_t count);
template <class T>
void replace_invalid(const bool* valid, T nodata, T* labels, std::size_t count);
// Adds to counts[v] how often each value v stands among the labels; counts has a place for each.
void count_values(const std::uint8_t* labels, std::int64_t* counts, std::size_t count);
// Whether none is NaN or infinite.
bool all_finite(const float* values, std::size_t count);

}  // namespace nadir::kernel
