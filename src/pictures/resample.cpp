#include "pictures/resample.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>

#include "pictures/transpose.h"

namespace nadir {
namespace {

constexpr int kFractionBits = 32 - 8 - 2;  // of a weight
constexpr std::int64_t kLanes = 16;

double sinc(double x) { return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi); }

double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

double filter_value(ResampleFilter filter, double x) {
  switch (filter) {
    case ResampleFilter::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case ResampleFilter::kBilinear:
      return std::max(0.0, 1 - std::abs(x));
    case ResampleFilter::kBicubic:
      return bicubic(x);
    case ResampleFilter::kLanczos:
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  throw std::logic_error("this filter does not exist");
}

double support_of(ResampleFilter filter) {
  constexpr double kSupports[] = {0.5, 1, 2, 3};
  return kSupports[static_cast<int>(filter)];
}

using ByteLanes = std::uint8_t __attribute__((vector_size(kLanes)));
using IntLanes = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));

// One output line: a weighted sum of `count` input lines that lie `stride` bytes apart, all `length` long.
// `length` is a multiple of kLanes.
struct LineSum {
  const std::uint8_t* from;
  std::ptrdiff_t stride;
  const std::int32_t* weights;
  std::int64_t count;
  std::uint8_t* to;
  std::int64_t length;
};

__attribute__((always_inline)) inline void sum_line(const LineSum& line) {
  for (std::int64_t i = 0; i < line.length; i += kLanes) {
    IntLanes sum = {};
    sum += 1 << (kFractionBits - 1);
    const std::uint8_t* from = line.from + i;
    for (std::int64_t k = 0; k < line.count; ++k, from += line.stride) {
      ByteLanes pixels;
      std::memcpy(&pixels, from, sizeof pixels);
      sum += __builtin_convertvector(pixels, IntLanes) * line.weights[k];
    }
    sum >>= kFractionBits;
    sum = sum < 0 ? IntLanes{} : sum;
    sum = sum > 255 ? IntLanes{} + 255 : sum;
    const ByteLanes rounded = __builtin_convertvector(sum, ByteLanes);
    std::memcpy(line.to + i, &rounded, sizeof rounded);
  }
}

void sum_line_plain(const LineSum& line) { sum_line(line); }
using SumLine = void (*)(const LineSum&);

#ifdef __x86_64__
__attribute__((target("avx2"))) void sum_line_avx2(const LineSum& line) { sum_line(line); }
__attribute__((target("avx512f,avx512bw,avx512vl"))) void sum_line_avx512(const LineSum& line) {
  sum_line(line);
}

// The same sums in wider registers where the processor has them.
SumLine best_sum_line() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    return sum_line_avx512;
  }
  return __builtin_cpu_supports("avx2") ? sum_line_avx2 : sum_line_plain;
}
#else
SumLine best_sum_line() { return sum_line_plain; }
#endif

std::int64_t padded(std::int64_t length) { return (length + kLanes - 1) / kLanes * kLanes; }

// lines: [planes, weights.from(), length] bytes; gives [planes, weights.to(), length].
void resample_lines(const std::uint8_t* lines, std::uint8_t* to, std::int64_t planes, std::int64_t length,
                    const ResampleWeights& weights) {
  static const SumLine sum = best_sum_line();
  for (std::int64_t plane = 0; plane < planes; ++plane, lines += weights.from() * length) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(weights.to()); ++i, to += length) {
      sum({.from = lines + weights.first(i) * length,
           .stride = length,
           .weights = weights.weights(i),
           .count = weights.count(i),
           .to = to,
           .length = length});
    }
  }
}

// Memory that is not cleared first.
class Buffer {
 public:
  explicit Buffer(std::int64_t bytes) : bytes_(new std::uint8_t[static_cast<std::size_t>(bytes)]) {}
  std::uint8_t* data() { return bytes_.get(); }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
};

}  // namespace

ResampleWeights::ResampleWeights(std::int64_t from, std::int64_t to, ResampleFilter filter) : from_(from) {
  if (from < 1 || to < 1) throw std::logic_error("a picture has at least one row and one column");
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double widening = std::max(1.0, scale);
  const double support = support_of(filter) * widening;
  taps_ = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  weights_.assign(static_cast<std::size_t>(to) * taps_, 0);
  std::vector<double> values(taps_);
  for (std::int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto low = std::max(std::int64_t{0}, static_cast<std::int64_t>(center - support + 0.5));
    const auto high = std::min(from, static_cast<std::int64_t>(center + support + 0.5));
    double sum = 0;
    for (std::int64_t k = 0; k < high - low; ++k) {
      const double at = (static_cast<double>(k + low) - center + 0.5) * (1 / widening);
      sum += values[static_cast<std::size_t>(k)] = filter_value(filter, at);
    }
    for (std::size_t k = 0; k < static_cast<std::size_t>(high - low); ++k) {
      const double value = (sum == 0 ? values[k] : values[k] / sum) * (1 << kFractionBits);
      weights_[static_cast<std::size_t>(i) * taps_ + k] =
          static_cast<std::int32_t>(value < 0 ? value - 0.5 : value + 0.5);
    }
    first_.push_back(low);
    count_.push_back(high - low);
  }
}

Resampler::Resampler(Size from, Size to, ResampleFilter filter)
    : columns_(from.width, to.width, filter), rows_(from.height, to.height, filter) {}

// Both passes go along lines of memory: columns become lines, are summed, and become rows again.
at::Tensor Resampler::operator()(const at::Tensor& pixels) const {
  const std::int64_t height = rows_.from(), width = columns_.from(), channels = pixels.size(2);
  if (pixels.size(0) != height || pixels.size(1) != width || pixels.scalar_type() != at::kByte) {
    throw std::logic_error("this resampler is for pictures of another size or type");
  }
  if (height == rows_.to() && width == columns_.to()) return pixels.permute({2, 0, 1}).contiguous();
  const at::Tensor source = pixels.contiguous();
  const std::int64_t length = padded(height);  // of a column
  Buffer columns(channels * width * length);
  transpose_bytes(source.const_data_ptr<std::uint8_t>(), columns.data(),
                  {.rows = height,
                   .columns = width,
                   .channels = channels,
                   .from_stride = width * channels,
                   .to_stride = length});
  const std::int64_t to_width = columns_.to(), stride = padded(to_width);
  Buffer narrowed(channels * to_width * length);
  if (to_width == width) {
    std::swap(columns, narrowed);
  } else {
    resample_lines(columns.data(), narrowed.data(), channels, length, columns_);
  }
  Buffer lines(channels * height * stride);
  for (std::int64_t plane = 0; plane < channels; ++plane) {
    transpose_bytes(
        narrowed.data() + plane * to_width * length, lines.data() + plane * height * stride,
        {.rows = to_width, .columns = height, .channels = 1, .from_stride = length, .to_stride = stride});
  }
  at::Tensor result = at::empty({channels, rows_.to(), stride}, at::kByte);
  if (rows_.to() == height) {
    std::memcpy(result.mutable_data_ptr(), lines.data(), result.nbytes());
  } else {
    resample_lines(lines.data(), result.mutable_data_ptr<std::uint8_t>(), channels, stride, rows_);
  }
  return result.narrow(2, 0, to_width).contiguous();
}

std::vector<std::int64_t> nearest_indices(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) indices[static_cast<std::size_t>(i)] = (2 * i + 1) * from / (2 * to);
  return indices;
}

at::Tensor resize_nearest(const at::Tensor& planes, std::int64_t height, std::int64_t width) {
  if (planes.size(-2) == height && planes.size(-1) == width) return planes;
  const auto pick = [](std::int64_t from, std::int64_t to) { return at::tensor(nearest_indices(from, to)); };
  return planes.index_select(-2, pick(planes.size(-2), height))
      .index_select(-1, pick(planes.size(-1), width));
}

}  // namespace nadir
