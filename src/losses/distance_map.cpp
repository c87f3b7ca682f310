#include "losses/distance_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nadir {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

// The lower envelope of the parabolas f[q] + (x - q)^2, one line at a time. Buffers are kept between lines.
class Envelope {
 public:
  explicit Envelope(std::size_t size) : values_(size), vertices_(size), bounds_(size + 1) {}

  std::vector<double>& line() { return values_; }

  // Writes the envelope of line() to out[0], out[stride], ...
  void write(double* out, std::size_t stride) {
    const std::size_t parabolas = build();
    std::size_t k = 0;
    for (std::size_t x = 0; x < values_.size(); ++x) {
      if (parabolas == 0) {
        out[x * stride] = kFar;
        continue;
      }
      while (k + 1 < parabolas && bounds_[k + 1] < static_cast<double>(x)) ++k;
      const double step = static_cast<double>(x) - static_cast<double>(vertices_[k]);
      out[x * stride] = values_[vertices_[k]] + step * step;
    }
  }

 private:
  // Where the parabola at q falls below the one at p < q.
  double crossing(std::size_t p, std::size_t q) const {
    const auto a = static_cast<double>(p);
    const auto b = static_cast<double>(q);
    return ((values_[q] + b * b) - (values_[p] + a * a)) / (2 * (b - a));
  }

  std::size_t build() {
    std::size_t count = 0;
    for (std::size_t q = 0; q < values_.size(); ++q) {
      if (std::isinf(values_[q])) continue;
      while (count > 0 && crossing(vertices_[count - 1], q) <= bounds_[count - 1]) --count;
      bounds_[count] = count == 0 ? -kFar : crossing(vertices_[count - 1], q);
      vertices_[count++] = q;
    }
    return count;
  }

  std::vector<double> values_;
  std::vector<std::size_t> vertices_;
  std::vector<double> bounds_;
};

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& mask, std::int64_t height,
                                      std::int64_t width) {
  const auto rows = static_cast<std::size_t>(height);
  const auto columns = static_cast<std::size_t>(width);
  std::vector<double> result(rows * columns);
  Envelope down(rows);
  for (std::size_t x = 0; x < columns; ++x) {
    for (std::size_t y = 0; y < rows; ++y) down.line()[y] = mask[y * columns + x] != 0 ? 0 : kFar;
    down.write(result.data() + x, columns);
  }
  Envelope across(columns);
  for (std::size_t y = 0; y < rows; ++y) {
    std::copy_n(result.data() + y * columns, columns, across.line().begin());
    across.write(result.data() + y * columns, 1);
  }
  return result;
}

std::vector<double> signed_distances(const std::vector<std::uint8_t>& mask, std::int64_t height,
                                     std::int64_t width) {
  std::vector<std::uint8_t> outside(mask.size());
  std::transform(mask.begin(), mask.end(), outside.begin(), [](std::uint8_t m) { return m == 0 ? 1 : 0; });
  std::vector<double> result = squared_distances(mask, height, width);
  const std::vector<double> inner = squared_distances(outside, height, width);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (std::isinf(result[i]) || std::isinf(inner[i])) {
      result[i] = 0;
    } else {
      result[i] = mask[i] != 0 ? 1 - std::sqrt(inner[i]) : std::sqrt(result[i]);
    }
  }
  return result;
}

}  // namespace nadir
