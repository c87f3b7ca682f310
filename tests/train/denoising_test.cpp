// The loss that diffusion models learn from, against diffusers' own (goldens/diffusion-training.json).
#include "train/diffusion/denoising.h"

#include "generate/diffusion_golden.h"
#include "models/diffusion/denoiser.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

const Json& file() {
  static const Json json = golden::read(golden::folder() / "diffusion-training.json");
  return json;
}

SchedulerConfig stable_diffusion(const std::string& prediction) {
  SchedulerConfig config;
  config.prediction = prediction == "epsilon" ? Prediction::kNoise : Prediction::kVelocity;
  return config;
}

torch::Tensor given(const std::string& name) {
  return golden::normal(name, file().at("inputs").at(name).get<std::vector<std::int64_t>>());
}

TEST(DenoisingGolden, GivesTheReferencesLossAndGradients) {
  Json config = file().at("config");
  const auto unet = make_denoiser(read_denoiser_config({config, "config.json"}));
  golden::fill(*unet);
  const torch::Tensor timesteps =
      torch::tensor(file().at("timesteps").get<std::vector<std::int64_t>>(), torch::kInt64);
  const torch::Tensor noise =
      given("train.noise") + file().at("offset_noise").get<double>() * given("train.offset");
  for (const Json& each : file().at("cases")) {
    const SchedulerConfig scheduler = stable_diffusion(each.at("prediction"));
    const NoisySamples samples =
        add_noise(NoiseSchedule(scheduler), scheduler.prediction, given("train.latents"), noise, timesteps,
                  each.at("min_snr_gamma"));
    for (torch::Tensor& weight : unet->parameters()) weight.mutable_grad() = torch::Tensor();
    const torch::Tensor loss =
        denoising_loss(unet->forward(samples.noisy, timesteps, given("train.text")), samples);
    const double expected = each.at("loss");
    EXPECT_NEAR(loss.item<double>(), expected, 1e-4 * expected) << each.at("prediction");
    loss.backward();
    const auto parameters = unet->named_parameters();
    for (const auto& [name, norm] : each.at("gradient l2").items()) {
      const double found = parameters[name].grad().to(torch::kFloat64).norm().item<double>();
      EXPECT_NEAR(found, norm.get<double>(), 1e-3 * norm.get<double>()) << name;
    }
  }
}

TEST(Denoising, WeighsTimestepsByMinSnr) {
  const NoiseSchedule schedule(stable_diffusion("epsilon"));
  const torch::Tensor x = torch::zeros({3, 1, 2, 2}), steps = torch::tensor({0, 500, 999});
  const torch::Tensor alike = add_noise(schedule, Prediction::kNoise, x, x, steps, 0).weight;
  EXPECT_TRUE(torch::equal(alike, torch::ones({3})));
  const torch::Tensor weight = add_noise(schedule, Prediction::kNoise, x, x, steps, 5).weight;
  EXPECT_NEAR(weight[0].item<double>(), 5 / schedule.snr(0), 1e-6);
  EXPECT_EQ(weight[2].item<float>(), 1);  // SNR below gamma
}

TEST(Denoising, AddsTheSameOffsetAllOverAChannel) {
  torch::manual_seed(4);
  const torch::Tensor plain = noise_like(torch::zeros({2, 3, 8, 8}), 0);
  torch::manual_seed(4);
  const torch::Tensor offset = noise_like(torch::zeros({2, 3, 8, 8}), 0.5) - plain;
  EXPECT_LT(offset.flatten(2).std(2).max().item<double>(), 1e-6);
  EXPECT_GT(offset.abs().min().item<double>(), 0);
  torch::manual_seed(4);
  torch::randn({2, 3, 8, 8});
  EXPECT_TRUE(torch::allclose(offset.select(3, 0).select(2, 0), 0.5 * torch::randn({2, 3, 1, 1}).flatten(1),
                              1e-5, 1e-6));
}

TEST(Denoising, DropsNumbersOneByOne) {
  const torch::Tensor ones = torch::ones({1000, 7});
  EXPECT_TRUE(torch::equal(drop_numbers(ones, 0), ones));
  EXPECT_EQ(drop_numbers(ones, 1).sum().item<double>(), 0);
  torch::manual_seed(1);
  const torch::Tensor kept = drop_numbers(ones, 0.1);
  EXPECT_NEAR(kept.mean().item<double>(), 0.9, 0.02);
  EXPECT_GT(kept.sum(1).remainder(7).ne(0).sum().item<std::int64_t>(), 300);  // rows that lost some, not all
}

}  // namespace
}  // namespace nadir
