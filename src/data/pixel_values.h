// Operations that change the values of pixels, for every pixel type, in the images' own range.
#pragma once

#include <limits>

#include "data/pixel_types.h"

namespace nadir {

// Rounded to the nearest and clamped to the type's range; floating point as it is.
template <class T>
T to_pixel(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    const auto low = static_cast<double>(std::numeric_limits<T>::min());
    const auto high = static_cast<double>(std::numeric_limits<T>::max());
    return static_cast<T>(std::lround(std::clamp(value, low, high)));
  }
}

// What counts as the darkest and the brightest value of a band.
struct ValueRange {
  double low = 0;
  double high = 0;
  double span() const { return high - low; }
};

// The setting `range` of transforms: two values, or none to look for them.
// Throws ConfigError for another number of values, and where low is not below high.
void check_range(const std::vector<double>& range);

// Of each band: `range` where it is given; else 0 to 255 for 8-bit images, and for other types the smallest
// and largest of the sample's values that are valid and finite (0 and 0 where there is none).
std::vector<ValueRange> value_ranges(const Sample& sample, const std::vector<double>& range);

// The mean of each band over the valid and finite values, 0 where there is none. Sums run in the order of the
// pixels: torch's own sum depends on the number of threads.
std::vector<double> band_means(const Sample& sample);

// `true` for each of the H * W pixels that count; nullptr when all do. Keeps the mask's memory alive.
class ValidPixels {
 public:
  explicit ValidPixels(const Sample& sample)
      : mask_(sample.valid.defined() ? sample.valid.contiguous() : torch::Tensor()) {}
  const bool* get() const { return mask_.defined() ? mask_.const_data_ptr<bool>() : nullptr; }
  bool operator[](std::int64_t pixel) const { return !mask_.defined() || get()[pixel]; }

 private:
  torch::Tensor mask_;
};

// A copy of the image in which each value of band b is change(b, value), rounded and clamped. `change`
// depends on its arguments alone: for 8-bit bands it is asked once for each of the 256 values.
template <class Change>
torch::Tensor change_values(const torch::Tensor& image, const Change& change) {
  const torch::Tensor from = image.contiguous();
  torch::Tensor to = torch::empty_like(from);
  const std::int64_t plane = from.size(1) * from.size(2);
  visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
    const T* in = from.const_data_ptr<T>();
    T* out = to.mutable_data_ptr<T>();
    for (std::int64_t band = 0; band < from.size(0); ++band, in += plane, out += plane) {
      const auto changed = [&](T value) {
        return to_pixel<T>(change(static_cast<std::size_t>(band), static_cast<double>(value)));
      };
      if constexpr (sizeof(T) == 1) {
        std::array<T, 256> table;
        for (std::size_t value = 0; value < table.size(); ++value)
          table[value] = changed(static_cast<T>(value));
        std::transform(in, in + plane, out, [&](T value) { return table[value]; });
      } else {
        std::transform(in, in + plane, out, changed);
      }
    }
  });
  return to;
}

}  // namespace nadir
