#include "data/pixel_values.h"

#include "core/text.h"

namespace nadir {
namespace {

// Calls visit(band, value) for every value that counts, in order.
template <class Visit>
void each_value(const Sample& sample, const Visit& visit) {
  const torch::Tensor image = sample.image.contiguous();
  const ValidPixels valid(sample);
  const std::int64_t plane = image.size(1) * image.size(2);
  visit_pixel_type(image.scalar_type(), [&]<class T>(T) {
    const T* value = image.const_data_ptr<T>();
    for (std::int64_t band = 0; band < image.size(0); ++band) {
      for (std::int64_t i = 0; i < plane; ++i, ++value) {
        const auto number = static_cast<double>(*value);
        if (valid[i] && std::isfinite(number)) visit(static_cast<std::size_t>(band), number);
      }
    }
  });
}

}  // namespace

void check_range(const std::vector<double>& range) {
  if (range.empty() || (range.size() == 2 && range[0] < range[1])) return;
  std::string found;
  for (const double each : range) found += (found.empty() ? "" : ", ") + shortest(each);
  throw ConfigError("'range' must be two values, the lower first, for example range: [0, 10000]; found [" +
                    found + "]");
}

std::vector<ValueRange> value_ranges(const Sample& sample, const std::vector<double>& range) {
  const auto bands = static_cast<std::size_t>(sample.image.size(0));
  if (!range.empty()) return std::vector<ValueRange>(bands, {range[0], range[1]});
  if (sample.image.scalar_type() == torch::kUInt8) return std::vector<ValueRange>(bands, {0, 255});
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<ValueRange> found(bands, {kInfinity, -kInfinity});
  each_value(sample, [&](std::size_t band, double value) {
    found[band] = {std::min(found[band].low, value), std::max(found[band].high, value)};
  });
  for (ValueRange& each : found) {
    if (each.low > each.high) each = {};
  }
  return found;
}

std::vector<double> band_means(const Sample& sample) {
  const auto bands = static_cast<std::size_t>(sample.image.size(0));
  std::vector<double> sums(bands);
  std::vector<std::int64_t> counts(bands);
  each_value(sample, [&](std::size_t band, double value) {
    sums[band] += value;
    ++counts[band];
  });
  for (std::size_t band = 0; band < bands; ++band) {
    if (counts[band] > 0) sums[band] /= static_cast<double>(counts[band]);
  }
  return sums;
}

}  // namespace nadir
