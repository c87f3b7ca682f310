#include "pictures/bilinear.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>

namespace nadir {
namespace {

constexpr float kOne = 2048;

// One line's horizontal sums, planes apart. from: [width, channels]; to: [channels, taps.size()].
void sum_columns(const std::uint8_t* from, std::int32_t* to, const std::vector<BilinearTap>& taps,
                 std::int64_t channels) {
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    for (const BilinearTap& tap : taps) {
      *to++ = from[tap.first * channels + channel] * tap.weight +
              from[tap.next * channels + channel] * tap.next_weight;
    }
  }
}

// The lines' sums that one output row needs; lines of the row before are kept.
class LinePair {
 public:
  LinePair(const at::Tensor& pixels, const std::vector<BilinearTap>& columns)
      : pixels_(pixels), columns_(columns) {
    for (Line& line : lines_) line.sums.resize(columns.size() * static_cast<std::size_t>(pixels.size(2)));
  }
  const std::int32_t* of(std::int64_t row, std::int64_t keep) {
    for (Line& line : lines_) {
      if (line.row == row) return line.sums.data();
    }
    Line& line = lines_[lines_[0].row == keep ? 1 : 0];
    const std::int64_t stride = pixels_.size(1) * pixels_.size(2);
    sum_columns(pixels_.const_data_ptr<std::uint8_t>() + row * stride, line.sums.data(), columns_,
                pixels_.size(2));
    line.row = row;
    return line.sums.data();
  }

 private:
  struct Line {
    std::int64_t row = -1;
    std::vector<std::int32_t> sums;
  };
  const at::Tensor& pixels_;
  const std::vector<BilinearTap>& columns_;
  Line lines_[2];
};

at::Tensor halved(const at::Tensor& pixels) {
  const std::int64_t height = pixels.size(0) / 2, width = pixels.size(1) / 2, channels = pixels.size(2);
  const at::Tensor sums =
      pixels.view({height, 2, width, 2, channels}).to(at::kShort).sum({1, 3}, false, at::kShort);
  return at::bitwise_right_shift(sums + 2, 2).to(at::kByte).permute({2, 0, 1}).contiguous();
}

}  // namespace

std::vector<BilinearTap> bilinear_rows(std::int64_t from, std::int64_t to) {
  const double scale = 1 / (static_cast<double>(to) / static_cast<double>(from));
  std::vector<BilinearTap> taps(static_cast<std::size_t>(to));
  for (std::size_t i = 0; i < taps.size(); ++i) {
    auto fraction = static_cast<float>((static_cast<double>(i) + 0.5) * scale - 0.5);
    const auto first = static_cast<std::int64_t>(std::floor(fraction));
    fraction -= static_cast<float>(first);
    taps[i] = {.first = std::clamp<std::int64_t>(first, 0, from - 1),
               .next = std::clamp<std::int64_t>(first + 1, 0, from - 1),
               .weight = static_cast<std::int32_t>(std::lrint((1 - fraction) * kOne)),
               .next_weight = static_cast<std::int32_t>(std::lrint(fraction * kOne))};
  }
  return taps;
}

std::vector<BilinearTap> bilinear_columns(std::int64_t from, std::int64_t to) {
  std::vector<BilinearTap> taps = bilinear_rows(from, to);
  for (BilinearTap& tap : taps) {
    if (tap.first == tap.next) tap = {.first = tap.first, .next = tap.first};
  }
  return taps;
}

at::Tensor resize_bilinear(const at::Tensor& pixels, std::int64_t height, std::int64_t width) {
  if (pixels.dim() != 3 || pixels.scalar_type() != at::kByte)
    throw std::logic_error("a picture is [H, W, C] uint8");
  if (pixels.size(0) == height && pixels.size(1) == width) return pixels.permute({2, 0, 1}).contiguous();
  const at::Tensor source = pixels.contiguous();
  if (source.size(0) == 2 * height && source.size(1) == 2 * width) return halved(source);
  const std::vector<BilinearTap> columns = bilinear_columns(source.size(1), width);
  LinePair lines(source, columns);
  at::Tensor result = at::empty({source.size(2), height, width}, at::kByte);
  auto* const to = result.mutable_data_ptr<std::uint8_t>();
  std::int64_t row = 0;
  for (const BilinearTap& tap : bilinear_rows(source.size(0), height)) {
    const std::int32_t* upper = lines.of(tap.first, tap.next);
    const std::int32_t* lower = lines.of(tap.next, tap.first);
    for (std::int64_t channel = 0; channel < source.size(2); ++channel, upper += width, lower += width) {
      std::uint8_t* line = to + (channel * height + row) * width;
      for (std::int64_t i = 0; i < width; ++i) line[i] = bilinear_value(upper[i], lower[i], tap);
    }
    ++row;
  }
  return result;
}

}  // namespace nadir
