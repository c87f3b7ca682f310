#include "predict/byte_normalizer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace nadir {
namespace {

Normalization uneven(std::int64_t bands) {
  Normalization result{.scale = "percentile", .offset = {}, .range = {}, .mean = {}, .std = {}};
  for (std::int64_t band = 0; band < bands; ++band) {
    result.offset.push_back(3.7 + static_cast<double>(band));
    result.range.push_back(211.3 - static_cast<double>(band));
    result.mean.push_back(0.41);
    result.std.push_back(0.227);
  }
  return result;
}

TEST(ByteNormalizerTest, GivesTheNormalizersNumbersToTheLastBitChannelsLast) {
  for (const std::int64_t bands : {1, 2, 3, 4, 13}) {
    const Normalizer normalizer(uneven(bands));
    const ByteNormalizer bytes(normalizer, bands);
    const torch::Tensor images = torch::randint(0, 256, {2, bands, 131, 257}, torch::kByte);
    const torch::Tensor found = bytes(images, {});
    EXPECT_TRUE(torch::equal(found, normalizer(images))) << bands;
    EXPECT_TRUE(found.is_contiguous(torch::MemoryFormat::ChannelsLast)) << bands;
    const torch::Tensor valid = torch::rand({2, 131, 257}) > 0.3;
    EXPECT_TRUE(torch::equal(bytes(images, valid), normalizer(images, valid))) << bands;
  }
}

TEST(ByteNormalizerTest, AnotherNumberOfBandsIsRefused) {
  const ByteNormalizer bytes(Normalizer(uneven(3)), 3);
  EXPECT_THROW(bytes(torch::zeros({1, 4, 8, 8}, torch::kByte), {}), ModelError);
}

}  // namespace
}  // namespace nadir
