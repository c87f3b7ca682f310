// The options `weights` and `partial` of every network. The published files stand in a cache of the test's
// own, made here under their names; nothing is fetched.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>

#include "models/imagenet_weights.h"
#include "nadir/model_file.h"
#include "nadir/runtime.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class InitialWeightsTest : public testing::Test {
 protected:
  InitialWeightsTest() { setenv("NADIR_CACHE", cache_.path().c_str(), 1); }

  static std::shared_ptr<Model> make(const std::string& network, const std::string& options,
                                     const ModelShape& shape) {
    torch::manual_seed(4);
    return models().make(network, parse_yaml("{" + options + "}", "test"), shape);
  }
  std::filesystem::path published(const std::string& network) const {
    const std::string url = imagenet_url(network);
    return cache_ / url.substr(url.rfind('/') + 1);
  }
  // A torchvision ResNet-18 as published: the encoder's names, a classifier, no counters of batches.
  NamedTensors write_resnet18() const {
    const auto model = make("unet", "encoder: resnet18", {3, 2});
    NamedTensors tensors;
    for (const auto& [name, tensor] : named_state(*model)) {
      if (!name.starts_with("encoder.") || name.ends_with("num_batches_tracked")) continue;
      tensors.emplace_back(name.substr(8), torch::rand_like(tensor));
    }
    tensors.emplace_back("fc.weight", torch::zeros({1000, 512}));
    tensors.emplace_back("fc.bias", torch::zeros({1000}));
    write_weights(published("resnet18"), tensors);
    return tensors;
  }

  TemporaryFolder cache_;
};

struct Listener final : ProgressObserver {
  void message(const std::string& line) override { text += line + "\n"; }
  std::string text;
};

TEST_F(InitialWeightsTest, EveryNetworkHasThemSpelledOut) {
  for (const std::string& name : models().names()) {
    const ConfigNode options = models().resolve(name, {});
    ASSERT_NE(options.find("weights"), nullptr) << name;
    EXPECT_EQ(options.find("weights")->text(), "none");
    EXPECT_EQ(options.find("partial")->text(), "false");
  }
  EXPECT_THROW(models().resolve("unet", parse_yaml("{wieghts: none}", "test")), ConfigError);
  EXPECT_THROW(models().resolve("unet", parse_yaml("{partial: 3}", "test")), ConfigError);
}

TEST_F(InitialWeightsTest, ImagenetGoesIntoTheEncoderOfAnyBandsAndClasses) {
  const NamedTensors file = write_resnet18();
  Listener listener;
  const auto model = make("unet", "encoder: resnet18, weights: imagenet", {4, 6, &listener});
  const auto plain = make("unet", "encoder: resnet18", {4, 6});
  const auto state = named_state(*model), first = named_state(*plain);
  const std::map<std::string, torch::Tensor> wanted(file.begin(), file.end());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto& [name, tensor] = state[i];
    const bool published = name.starts_with("encoder.") && !name.ends_with("num_batches_tracked");
    if (name == "encoder.conv1.weight") {
      EXPECT_TRUE(torch::equal(tensor.select(1, 3), wanted.at("conv1.weight").select(1, 0) * 0.75));
    } else {
      EXPECT_TRUE(torch::equal(tensor, published ? wanted.at(name.substr(8)) : first[i].second)) << name;
    }
  }
  EXPECT_TRUE(has(listener.text, "1 adapted to the number of bands: conv1.weight")) << listener.text;
  EXPECT_TRUE(has(listener.text, "2 unexpected: fc.weight, fc.bias")) << listener.text;
}

TEST_F(InitialWeightsTest, ImagenetGoesIntoClassifiersWithAHeadOfAnySize) {
  const auto source = make("mobilenet_v2", "", {3, 1000});
  write_weights(published("mobilenet_v2"), named_state(*source));
  const auto two = make("mobilenet_v2", "weights: imagenet", {3, 2});
  const auto thousand = make("mobilenet_v2", "weights: imagenet", {3, 1000});
  EXPECT_TRUE(torch::equal(named_state(*two)[0].second, named_state(*source)[0].second));
  EXPECT_TRUE(torch::equal(named_state(*thousand).back().second, named_state(*source).back().second));
}

TEST_F(InitialWeightsTest, ImagenetGoesIntoEncodersThatWrapTheirNetworkOnceMore) {
  const auto source = make("efficientnet", "variant: b0", {3, 1000});
  write_weights(published("efficientnet_b0"), named_state(*source));
  const auto model = make("fpn", "encoder: efficientnet_b0, weights: imagenet", {3, 2});
  const torch::Tensor found = model->named_parameters()["encoder.model.conv_stem.weight"];
  EXPECT_TRUE(torch::equal(found, source->named_parameters()["conv_stem.weight"]));
}

TEST_F(InitialWeightsTest, APublishedFileThatLacksFeaturesIsRefused) {
  NamedTensors tensors = write_resnet18();
  tensors.erase(tensors.begin());
  write_weights(published("resnet18"), tensors);
  EXPECT_THROW(make("unet", "encoder: resnet18, weights: imagenet", {3, 2}), ModelError);
}

TEST_F(InitialWeightsTest, NetworksWithoutPublishedWeightsSaySo) {
  try {
    make("enet", "weights: imagenet", {3, 2});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_TRUE(has(error.what(), "no ImageNet weights of 'enet'")) << error.what();
    EXPECT_TRUE(has(error.what(), "resnet34")) << error.what();
  }
}

TEST_F(InitialWeightsTest, AFileIsTakenWholeOrInPart) {
  const auto source = make("unet", "start: 2", {3, 8});
  write_weights(cache_ / "mine.pth", named_state(*source));
  const std::string file = "start: 2, weights: " + (cache_ / "mine.pth").string();
  EXPECT_THROW(make("unet", file, {3, 2}), ModelError);
  const auto partial = make("unet", file + ", partial: true", {3, 2});
  EXPECT_TRUE(torch::equal(named_state(*partial)[0].second, named_state(*source)[0].second));
  EXPECT_TRUE(torch::equal(named_state(*make("unet", file, {3, 8})).back().second,
                           named_state(*source).back().second));
  // An encoder's file needs to be asked for in part: the decoder is not in it.
  write_resnet18();
  const std::string encoder = "encoder: resnet18, weights: " + published("resnet18").string();
  EXPECT_THROW(make("unet", encoder, {3, 2}), ModelError);
  EXPECT_NO_THROW(make("unet", encoder + ", partial: true", {3, 2}));
}

TEST_F(InitialWeightsTest, AModelFileNeedsNeitherTheCacheNorTheFile) {
  write_resnet18();
  ModelCard card;
  card.nadir_version = "0.1.0";
  card.architecture = {
      "unet", models().resolve("unet", parse_yaml("{encoder: resnet18, weights: imagenet}", "test"))};
  card.classes = {{"land", "#00ff00", 0}, {"sea", "#0000ff", 1}};
  card.bands = {"red", "green", "blue"};
  card.band_numbers = {1, 2, 3};
  card.pixel_type = "uint8";
  card.normalization = {"range", {0, 0, 0}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
  const auto model = models().make(card.architecture, {3, 2});
  save_model(cache_ / "model.safetensors", *model, card);
  std::filesystem::remove(published("resnet18"));
  const LoadedModel loaded = load_model(cache_ / "model.safetensors");
  EXPECT_TRUE(torch::equal(named_state(*loaded.model)[0].second, named_state(*model)[0].second));
}

// The authors' init_respostnorm (microsoft/Swin-Transformer, models/swin_transformer_v2.py): branches end in
// norms of weight 0, so that a block begins as its shortcut and the depth of the network costs nothing yet.
TEST(SwinV2FirstValues, BlocksBeginAsTheirShortcuts) {
  torch::manual_seed(4);
  const auto swin = models().make("swin_v2", parse_yaml("{variant: t}", "test"), {3, 2});
  swin->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor image = torch::randn({1, 3, 64, 64}), before = swin->forward(image).logits;
  for (const auto& each : swin->named_parameters()) {
    if (each.key().find(".attn.") != std::string::npos || each.key().find(".mlp.") != std::string::npos)
      each.value().normal_();
  }
  EXPECT_TRUE(swin->forward(image).logits.equal(before));
  swin->named_parameters()["features.1.0.norm2.weight"].fill_(1);
  EXPECT_FALSE(swin->forward(image).logits.equal(before));
}

TEST(SwinV2FirstValues, StochasticDepthRisesToThatOfTheLastBlock) {
  const auto rates = [](const std::string& options) {
    std::vector<double> found;
    const auto swin = models().make("swin_v2", parse_yaml(options, "test"), {3, 2});
    for (const auto& each : swin->named_modules()) {
      if (each.key().ends_with("stochastic_depth"))
        found.push_back(dynamic_cast<torch::nn::DropoutImpl&>(*each.value()).options.p());
    }
    return found;
  };
  const std::vector<double> usual = rates("{variant: t}");  // blocks: 2, 2, 6, 2
  ASSERT_EQ(usual.size(), 12U);
  EXPECT_EQ(usual.front(), 0);
  EXPECT_DOUBLE_EQ(usual[1], 0.2 / 11);
  EXPECT_DOUBLE_EQ(usual.back(), 0.2);
  EXPECT_EQ(rates("{variant: t, stochastic_depth: 0}"), std::vector<double>(12, 0));
  EXPECT_DOUBLE_EQ(rates("{variant: t, stochastic_depth: 0.4}").back(), 0.4);
}

}  // namespace
}  // namespace nadir
