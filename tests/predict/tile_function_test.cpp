#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/predict.h"
#include "predict/small_models.h"

namespace nadir {
namespace {

const PredictConfig kOnCpu{.tile = 16, .device = "cpu"};

LoadedModel small_unet() {
  torch::manual_seed(3);
  LoadedModel loaded{models().make("unet", parse_yaml("{start: 4}", "test"), {.bands = 3, .classes = 2}),
                     card_of({"land", "water"}, 3)};
  loaded.card.normalization.mean = {100, 110, 120};
  loaded.card.normalization.std = {50, 60, 70};
  return loaded;
}

TEST(TileFunctionTest, GivesTheSoftmaxOfTheLogitsOfNormalisedImages) {
  LoadedModel loaded = small_unet();
  const torch::Tensor images = torch::randint(0, 255, {2, 3, 32, 32}, torch::kByte);
  const torch::Tensor found = make_tile_function(loaded, kOnCpu)(images, {});
  const torch::NoGradGuard no_grad;
  const torch::Tensor mean = torch::tensor({100.0F, 110.0F, 120.0F}).view({1, 3, 1, 1});
  const torch::Tensor std = torch::tensor({50.0F, 60.0F, 70.0F}).view({1, 3, 1, 1});
  const torch::Tensor logits = (*loaded.model)((images.to(torch::kFloat32) - mean) / std);
  EXPECT_EQ(found.sizes(), (std::vector<std::int64_t>{2, 2, 32, 32}));
  EXPECT_TRUE(found.is_contiguous());
  EXPECT_TRUE(torch::allclose(found, torch::softmax(logits, 1), 1e-4, 1e-5));
}

TEST(TileFunctionTest, LabelsThatMayMeetGetASigmoidEach) {
  LoadedModel loaded{std::make_shared<BandsAsLogits>(), card_of({"cloud", "shadow"}, 2)};
  loaded.card.task = Task::kMultilabel;
  const torch::Tensor images = torch::randn({1, 2, 8, 8});
  EXPECT_TRUE(torch::allclose(make_tile_function(loaded, kOnCpu)(images, {}), torch::sigmoid(images)));
}

TEST(TileFunctionTest, PixelsThatAreNotValidReachTheNetworkAsTheMean) {
  LoadedModel loaded{std::make_shared<BandsAsLogits>(), card_of({"a", "b"}, 2)};
  torch::Tensor valid = torch::ones({1, 4, 4}, torch::kBool);
  valid[0][1][2] = false;
  const torch::Tensor images = torch::tensor({3.0F, 1.0F}).view({1, 2, 1, 1}).expand({1, 2, 4, 4});
  const torch::Tensor found = make_tile_function(loaded, kOnCpu)(images, valid);
  EXPECT_EQ(found[0][0][1][2].item<float>(), 0.5F);
  EXPECT_GT(found[0][0][0][0].item<float>(), 0.8F);
}

TEST(TileFunctionTest, TheNetworkIsRunForInferenceAlone) {
  const auto model = std::make_shared<BandsAsLogits>();
  model->train();
  make_tile_function({model, card_of({"a", "b"}, 2)}, kOnCpu)(torch::randn({1, 2, 8, 8}), {});
  EXPECT_TRUE(model->in_inference_mode);
}

TEST(TileFunctionTest, ANetworkThatIsNotTracedIsCalledForEachBatch) {
  const auto model = std::make_shared<BandsAsLogits>();
  PredictConfig config = kOnCpu;
  config.trace = false;
  const TileFunction network = make_tile_function({model, card_of({"a", "b"}, 2)}, config);
  for (int call = 1; call < 4; ++call) {
    network(torch::randn({1, 2, 8, 8}), {});
    EXPECT_EQ(model->calls, call);
  }
}

TEST(TileFunctionTest, SymmetriesAverageWhatTheNetworkSaysOfEachAndChangeNoConstant) {
  LoadedModel loaded{std::make_shared<BandsAsLogits>(), card_of({"a", "b"}, 2)};
  loaded.card.task = Task::kMultilabel;
  PredictConfig config = kOnCpu;
  const torch::Tensor images = torch::randn({2, 2, 8, 8});
  const torch::Tensor plain = make_tile_function(loaded, config)(images, {});
  for (const char* const name : {"flips", "all"}) {
    config.symmetries = name;
    // A network that treats pixels alike gives the same whatever way the tile lies.
    EXPECT_TRUE(torch::equal(make_tile_function(loaded, config)(images, {}), plain)) << name;
  }
  config.symmetries = "some";
  EXPECT_THROW(make_tile_function(loaded, config), ConfigError);
}

TEST(TileFunctionTest, SymmetriesMakeTheResultTurnWithTheImage) {
  torch::manual_seed(4);
  PredictConfig config = kOnCpu;
  config.symmetries = "all";
  const TileFunction network = make_tile_function(small_unet(), config);
  const torch::Tensor image = torch::randint(0, 255, {1, 3, 32, 32}, torch::kByte);
  const torch::Tensor upright = network(image, {});
  EXPECT_TRUE(torch::allclose(network(image.rot90(1, {2, 3}).contiguous(), {}), upright.rot90(1, {2, 3}),
                              1e-4, 1e-5));
}

TEST(TileFunctionTest, Bfloat16IsNearFloat32AndNotEqual) {
  LoadedModel loaded = small_unet();
  PredictConfig config = kOnCpu;
  const torch::Tensor images = torch::randint(0, 255, {1, 3, 32, 32}, torch::kByte);
  const torch::Tensor exact = make_tile_function(loaded, config)(images, {});
  config.precision = "bf16";
  const torch::Tensor fast = make_tile_function(loaded, config)(images, {});
  EXPECT_EQ(fast.scalar_type(), torch::kFloat32);
  EXPECT_LT((fast - exact).abs().max().item<float>(), 0.05F);
  EXPECT_FALSE(torch::equal(fast, exact));
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
}

TEST(TileFunctionTest, WhatCannotWorkIsRefusedAtOnce) {
  LoadedModel loaded = small_unet();
  EXPECT_THROW(make_tile_function(loaded, {.tile = 16, .precision = "fp16", .device = "cpu"}), ConfigError);
  EXPECT_THROW(make_tile_function(loaded, {.tile = 16, .device = "tpu"}), ConfigError);
  loaded.card.classes.clear();  // as of a model that makes images
  EXPECT_THROW(make_tile_function(loaded, kOnCpu), ModelError);
}

}  // namespace
}  // namespace nadir
