// Published parameter counts, without the memory of the networks: a count is a polynomial of second degree in
// a factor that all widths have, so three narrow networks tell that of the full one.
#include <functional>

#include "diffusion_golden.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/denoiser.h"
#include "models/diffusion/text_encoder.h"

namespace nadir {
namespace {

std::int64_t parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& each : module.parameters()) count += each.numel();
  return count;
}

// The polynomial through the counts at factors 1, 2 and 3, at `factor` (Newton's form; exact in whole
// numbers).
std::int64_t extrapolated(const std::function<std::int64_t(std::int64_t)>& count_at, std::int64_t factor) {
  const std::int64_t one = count_at(1), two = count_at(2), three = count_at(3);
  const std::int64_t slope = two - one, bend = three - 2 * two + one;
  const std::int64_t steps = factor - 1;
  return one + steps * slope + steps * (steps - 1) / 2 * bend;
}

// Widths of SD's U-Net and texts are multiples of 64; here of `factor`.
DenoiserConfig narrowed(DenoiserConfig config, std::int64_t factor) {
  for (DenoiserLevel& each : config.levels) each.channels = each.channels / 64 * factor, each.heads = 1;
  config.groups = 1;
  config.context = config.context / 64 * factor;
  return config;
}
std::int64_t count_of(const DenoiserConfig& config) {
  return extrapolated(
      [&](std::int64_t factor) { return parameters(*make_denoiser(narrowed(config, factor))); }, 64);
}

TEST(PublishedCounts, OfStableDiffusion21) {
  // Hugging Face, stabilityai/stable-diffusion-2-1: 3.46 GB, 335 MB and 1.36 GB of float32.
  EXPECT_EQ(count_of({}), 865'910'724);
  EXPECT_EQ(extrapolated(
                [](std::int64_t factor) {
                  AutoencoderConfig config;
                  for (std::int64_t& each : config.channels) each = each / 128 * factor;
                  config.groups = 1;
                  return parameters(*make_autoencoder(config));
                },
                128),
            83'653'863);
  EXPECT_EQ(extrapolated(
                [](std::int64_t factor) {
                  TextEncoderConfig config;
                  config.channels = factor, config.hidden = 4 * factor, config.heads = 1;
                  return parameters(*make_text_encoder(config));
                },
                1024),
            340'387'840);
}

TEST(PublishedCounts, OfDiffusionSatAndItsRelatives) {
  // SatUNet adds seven time embeddings: 7 (320 1280 + 1280 + 1280 1280 + 1280).
  DenoiserConfig satellite;
  satellite.metadata = 7;
  EXPECT_EQ(count_of(satellite), 865'910'724 + 7 * (320 * 1280 + 1280 + 1280 * 1280 + 1280));
  EXPECT_EQ(count_of(satellite), 880'264'644);
  // SD 1.5: texts of 768 channels, 1 x 1 convolutions for projections: 859,520,964; inpainting has 9
  // channels.
  DenoiserConfig sd15;
  sd15.context = 768;
  sd15.linear_projection = false;
  EXPECT_EQ(count_of(sd15), 859'520'964);
  sd15.in_channels = 9;
  EXPECT_EQ(count_of(sd15), 859'520'964 + 5 * 9 * 320);
}

}  // namespace
}  // namespace nadir
