#include "raster/resample.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "nadir/error.h"

namespace nadir {
namespace {

constexpr double kNoWeight = 1e-6;
constexpr double kFixedPoint = 2048;  // OpenCV's coefficients of 8-bit images are whole multiples of 1 / 2048
constexpr int kLanczosTaps = 8;

// What one pixel of a resized line is made of: `weights` of the source pixels from `first` on.
struct Taps {
  std::int64_t first = 0;
  std::vector<double> weights;
};

std::int64_t nearest_index(std::int64_t at, std::int64_t from, std::int64_t to) {
  return std::min((2 * at + 1) * from / (2 * to), from - 1);
}

Taps bilinear_taps(std::int64_t at, std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double radius = std::max(1.0, scale);
  const double centre = (static_cast<double>(at) + 0.5) * scale;
  const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(centre - radius + 0.5)));
  const auto end = std::min(from, static_cast<std::int64_t>(std::floor(centre + radius + 0.5)));
  Taps taps{first, {}};
  double sum = 0;
  for (std::int64_t i = first; i < end; ++i) {
    const double distance = std::abs(static_cast<double>(i) + 0.5 - centre) / radius;
    taps.weights.push_back(std::max(0.0, 1.0 - distance));
    sum += taps.weights.back();
  }
  for (double& weight : taps.weights) weight /= sum;
  return taps;
}

// sin(pi x) sin(pi x / 4) / (pi^2 x^2 / 4) of eight neighbours in OpenCV's words, which scale to sum to 1.
std::array<float, kLanczosTaps> lanczos_coefficients(float x) {
  constexpr double kHalfRoot = std::numbers::sqrt2 / 2;
  constexpr std::array<std::array<double, 2>, kLanczosTaps> kTurns = {{{1, 0},
                                                                       {-kHalfRoot, -kHalfRoot},
                                                                       {0, 1},
                                                                       {kHalfRoot, -kHalfRoot},
                                                                       {-1, 0},
                                                                       {kHalfRoot, kHalfRoot},
                                                                       {0, -1},
                                                                       {-kHalfRoot, kHalfRoot}}};
  std::array<float, kLanczosTaps> coefficients{};
  const double start = -(static_cast<double>(x) + 3) * std::numbers::pi * 0.25;
  float sum = 0;
  for (int i = 0; i < kLanczosTaps; ++i) {
    const auto tap = static_cast<std::size_t>(i);
    const float distance = x + 3.0F - static_cast<float>(i);
    if (std::abs(distance) < 1e-6F) {
      coefficients[tap] = 1e30F;  // the pixel itself: all others vanish beside it
    } else {
      const double y = -static_cast<double>(distance) * std::numbers::pi * 0.25;
      coefficients[tap] =
          static_cast<float>((kTurns[tap][0] * std::sin(start) + kTurns[tap][1] * std::cos(start)) / (y * y));
    }
    sum += coefficients[tap];
  }
  for (float& each : coefficients) each *= 1.0F / sum;
  return coefficients;
}

Taps lanczos_taps(std::int64_t at, std::int64_t from, std::int64_t to, bool fixed_point) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const auto position = static_cast<float>((static_cast<double>(at) + 0.5) * scale - 0.5);
  const auto below = static_cast<std::int64_t>(std::floor(position));
  const auto coefficients = lanczos_coefficients(position - static_cast<float>(below));
  const auto inside = [&](std::int64_t i) { return std::clamp<std::int64_t>(i, 0, from - 1); };
  Taps taps{inside(below - 3), {}};
  taps.weights.assign(static_cast<std::size_t>(inside(below + 4) - taps.first + 1), 0.0);
  for (int i = 0; i < kLanczosTaps; ++i) {
    double weight = coefficients[static_cast<std::size_t>(i)];
    if (fixed_point) weight = std::nearbyint(weight * kFixedPoint) / kFixedPoint;
    taps.weights[static_cast<std::size_t>(inside(below - 3 + i) - taps.first)] += weight;
  }
  return taps;
}

Taps taps_of(Resampling method, std::int64_t at, std::int64_t from, std::int64_t to, bool fixed_point) {
  if (method == Resampling::kBilinear) return bilinear_taps(at, from, to);
  if (method == Resampling::kLanczos4) return lanczos_taps(at, from, to, fixed_point);
  return {nearest_index(at, from, to), {1.0}};
}

// First and end of the source pixels that `count` pixels from `first` on need.
std::pair<std::int64_t, std::int64_t> source_span(Resampling method, std::int64_t first, std::int64_t count,
                                                  std::int64_t from, std::int64_t to) {
  const Taps begin = taps_of(method, first, from, to, false);
  const Taps last = taps_of(method, first + count - 1, from, to, false);
  return {begin.first, last.first + static_cast<std::int64_t>(last.weights.size())};
}

template <class Visit>
void visit_type(at::ScalarType type, const Visit& visit) {
  switch (type) {
    case at::kByte:
      return visit(std::uint8_t{});
    case at::kUInt16:
      return visit(std::uint16_t{});
    case at::kShort:
      return visit(std::int16_t{});
    case at::kFloat:
      return visit(float{});
    default:
      throw std::logic_error(std::string("rasters hold no ") + c10::toString(type));
  }
}

template <class T>
T to_pixel(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    const double low = std::numeric_limits<T>::lowest();
    const double high = std::numeric_limits<T>::max();
    return static_cast<T>(std::clamp(std::floor(value + 0.5), low, high));
  }
}

std::vector<Taps> line_taps(Resampling method, std::int64_t first, std::int64_t count, std::int64_t from,
                            std::int64_t to, bool fixed_point) {
  std::vector<Taps> taps;
  for (std::int64_t i = 0; i < count; ++i) taps.push_back(taps_of(method, first + i, from, to, fixed_point));
  return taps;
}

// The weighted sums of one band: along the rows first, then down the columns.
struct Weights {
  std::vector<Taps> rows, columns;
  Window from;
};

template <class Value>
std::vector<double> weigh(const Weights& weights, const Value& value) {
  const std::size_t width = weights.columns.size();
  std::vector<double> across(static_cast<std::size_t>(weights.from.height) * width);
  for (std::int64_t row = 0; row < weights.from.height; ++row) {
    double* to = across.data() + static_cast<std::size_t>(row) * width;
    for (const Taps& taps : weights.columns) {
      double sum = 0;
      std::int64_t at = row * weights.from.width + taps.first - weights.from.column;
      for (const double weight : taps.weights) sum += weight * value(at++);
      *to++ = sum;
    }
  }
  std::vector<double> result(weights.rows.size() * width, 0.0);
  for (std::size_t row = 0; row < weights.rows.size(); ++row) {
    double* const to = result.data() + row * width;
    auto line = static_cast<std::size_t>(weights.rows[row].first - weights.from.row);
    for (const double weight : weights.rows[row].weights) {
      const double* const from = across.data() + line++ * width;
      for (std::size_t i = 0; i < width; ++i) to[i] += weight * from[i];
    }
  }
  return result;
}

void copy_nearest(const at::Tensor& pixels, const Weights& weights, at::Tensor& result) {
  const auto size = static_cast<std::size_t>(pixels.element_size());
  const auto* from = static_cast<const char*>(pixels.const_data_ptr());
  auto* to = static_cast<char*>(result.mutable_data_ptr());
  const std::int64_t plane = weights.from.area();
  for (std::int64_t band = 0; band < pixels.size(0); ++band) {
    for (const Taps& row : weights.rows) {
      const std::int64_t line = band * plane + (row.first - weights.from.row) * weights.from.width;
      for (const Taps& column : weights.columns) {
        const auto at = static_cast<std::size_t>(line + column.first - weights.from.column);
        std::memcpy(to, from + at * size, size);
        to += size;
      }
    }
  }
}

}  // namespace

Resampling parse_resampling(const std::string& name) {
  if (name == "nearest") return Resampling::kNearest;
  if (name == "bilinear") return Resampling::kBilinear;
  if (name == "lanczos4") return Resampling::kLanczos4;
  throw ConfigError("'" + name + "' is no way of resampling; use lanczos4, bilinear or nearest");
}

ResizedGrid::ResizedGrid(std::int64_t height, std::int64_t width, std::int64_t to_height,
                         std::int64_t to_width)
    : height_(height), width_(width), to_height_(to_height), to_width_(to_width) {
  if (height < 1 || width < 1 || to_height < 1 || to_width < 1) {
    throw std::logic_error("a raster without pixels cannot be resized");
  }
}

Window ResizedGrid::source(const Window& window, Resampling method) const {
  if (!changes()) return window;
  const auto [top, bottom] = source_span(method, window.row, window.height, height_, to_height_);
  const auto [left, right] = source_span(method, window.column, window.width, width_, to_width_);
  return {top, left, bottom - top, right - left};
}

at::Tensor ResizedGrid::resample(const at::Tensor& pixels, const at::Tensor& valid, const Window& from,
                                 const Window& window, Resampling method) const {
  if (!changes()) return pixels;
  const at::Tensor source = pixels.contiguous();
  const bool fixed_point = source.scalar_type() == at::kByte;
  const auto weights = [&](Resampling how) {
    return Weights{line_taps(how, window.row, window.height, height_, to_height_, fixed_point),
                   line_taps(how, window.column, window.width, width_, to_width_, fixed_point), from};
  };
  at::Tensor result = at::empty({source.size(0), window.height, window.width}, source.scalar_type());
  // With a mask, pixels around which nothing is valid keep the nearest value.
  if (method == Resampling::kNearest || valid.defined()) {
    copy_nearest(source, weights(Resampling::kNearest), result);
  }
  if (method == Resampling::kNearest) return result;
  const Weights taps = weights(method);
  const at::Tensor mask = valid.defined() ? valid.contiguous() : valid;
  const bool* const counts = mask.defined() ? mask.const_data_ptr<bool>() : nullptr;
  std::vector<double> shares;
  if (counts) shares = weigh(taps, [&](std::int64_t i) { return counts[i] ? 1.0 : 0.0; });
  visit_type(source.scalar_type(), [&]<class T>(T) {
    T* to = result.mutable_data_ptr<T>();
    for (std::int64_t band = 0; band < source.size(0); ++band, to += window.area()) {
      const T* const plane = source.const_data_ptr<T>() + band * from.area();
      const std::vector<double> sums = weigh(
          taps, [&](std::int64_t i) { return !counts || counts[i] ? static_cast<double>(plane[i]) : 0.0; });
      for (std::size_t i = 0; i < sums.size(); ++i) {
        if (!counts) {
          to[i] = to_pixel<T>(sums[i]);
        } else if (shares[i] > kNoWeight) {
          to[i] = to_pixel<T>(sums[i] / shares[i]);
        }
      }
    }
  });
  return result;
}

at::Tensor ResizedGrid::resample_valid(const at::Tensor& valid, const Window& from,
                                       const Window& window) const {
  if (!valid.defined() || !changes()) return valid;
  return resample(valid.unsqueeze(0), {}, from, window, Resampling::kNearest).squeeze(0);
}

GeoReference ResizedGrid::scaled(const GeoReference& geo) const {
  if (!changes()) return geo;
  const double rows = static_cast<double>(height_) / static_cast<double>(to_height_);
  const double columns = static_cast<double>(width_) / static_cast<double>(to_width_);
  GeoReference result = geo;
  if (result.transform) {
    for (const std::size_t i : {1U, 4U}) (*result.transform)[i] *= columns;  // a step along a row
    for (const std::size_t i : {2U, 5U}) (*result.transform)[i] *= rows;     // and down a column
  }
  for (GeoReference::ControlPoint& point : result.control_points) {
    point.column /= columns;
    point.row /= rows;
  }
  return result;
}

}  // namespace nadir
