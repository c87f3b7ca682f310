#include "predict/byte_normalizer.h"

#include <torch/torch.h>

#include "core/parallel.h"

namespace nadir {
namespace {

constexpr std::int64_t kValues = 256;
constexpr std::int64_t kPixelsAThread = 1 << 14;

// band b of pixel i: bands[b * stride + i]; to: [count][C]. C: a number that the compiler knows, or not.
template <class Count>
void look_up(const std::uint8_t* bands, std::int64_t stride, const float* table, Count channels, float* to,
             std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) to[c] = table[c * kValues + bands[c * stride + i]];
    to += channels;
  }
}

template <std::int64_t n>
using Known = std::integral_constant<std::int64_t, n>;

}  // namespace

ByteNormalizer::ByteNormalizer(const Normalizer& normalizer, std::int64_t bands) {
  const torch::Tensor values = torch::arange(kValues, torch::kInt64).to(torch::kByte);
  table_ = normalizer(values.view({1, 1, 1, kValues}).expand({1, bands, 1, kValues}))
               .reshape({bands, kValues})
               .contiguous();
}

torch::Tensor ByteNormalizer::operator()(const torch::Tensor& images, const torch::Tensor& valid) const {
  if (images.dim() != 4 || images.size(1) != table_.size(0)) {
    throw ModelError("the model takes images of " + std::to_string(table_.size(0)) +
                     " bands; the batch has " + std::to_string(images.dim() == 4 ? images.size(1) : 0));
  }
  const std::int64_t channels = images.size(1), pixels = images.size(2) * images.size(3);
  torch::Tensor result = torch::empty(
      images.sizes(), torch::TensorOptions(torch::kFloat32).memory_format(torch::MemoryFormat::ChannelsLast));
  for (std::int64_t n = 0; n < images.size(0); ++n) {
    const std::uint8_t* const from = images.const_data_ptr<std::uint8_t>() + n * channels * pixels;
    float* const to = result.data_ptr<float>() + n * channels * pixels;
    const bool* const known = valid.defined() ? valid.const_data_ptr<bool>() + n * pixels : nullptr;
    parallel_for(0, pixels, kPixelsAThread, [&](std::int64_t first, std::int64_t end) {
      const auto part = [&](auto count) {
        look_up(from + first, pixels, table_.const_data_ptr<float>(), count, to + first * channels,
                end - first);
      };
      if (channels == 3) {
        part(Known<3>());
      } else if (channels == 4) {
        part(Known<4>());
      } else {
        part(channels);
      }
      for (std::int64_t i = first; known && i < end; ++i) {
        if (!known[i]) std::fill_n(to + i * channels, channels, 0.0F);
      }
    });
  }
  return result;
}

}  // namespace nadir
