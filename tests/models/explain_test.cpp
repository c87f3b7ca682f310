#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/views/attention_rollout.h"
#include "models/views/grad_cam.h"
#include "nadir/model.h"

namespace nadir {
namespace {

using torch::Tensor;

std::shared_ptr<Model> make(const std::string& name, const std::string& options, std::int64_t classes = 3) {
  torch::manual_seed(3);
  const auto model = models().make(name, parse_yaml("{" + options + "}", "test"), {3, classes});
  model->eval();
  return model;
}

Tensor image(std::int64_t height, std::int64_t width) {
  torch::manual_seed(4);
  return torch::randn({1, 3, height, width});
}

// Two tokens, two layers, by hand: one head in the first layer, two in the second.
TEST(AttentionRollout, IsTheProductOfTheLayersWithTheirShortcuts) {
  const Tensor first = torch::tensor({0.2, 0.8, 0.6, 0.4}).view({1, 1, 2, 2});
  const Tensor second = torch::tensor({1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 0.5, 0.5}).view({1, 2, 2, 2});
  // (A1 + 1) / 2 = [.6 .4; .3 .7]; mean of the heads A2 = [.5 .5; .5 .5], (A2 + 1) / 2 = [.75 .25; .25 .75];
  // second * first = [.525 .475; .375 .625]
  const Tensor expected = torch::tensor({0.525, 0.475, 0.375, 0.625}).view({1, 2, 2});
  EXPECT_TRUE(torch::allclose(roll_out({first, second}), expected, 0, 1e-7)) << roll_out({first, second});
}

// The probe against libtorch's own attention: softmax(Q K') V is what the network computes from them.
TEST(AttentionRollout, SeesTheWeightsThatTheNetworkUses) {
  const auto model = make("vit", "image_size: [32, 32], depth: 2");
  const Tensor x = image(32, 32);
  const std::vector<Tensor> weights = attention_weights(*model, x);
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights[0].sizes().vec(), (std::vector<std::int64_t>{1, 3, 5, 5}));
  EXPECT_TRUE(torch::allclose(weights[1].sum(-1), torch::ones({1, 3, 5})));
  // The first layer's, from the parameters.
  const torch::NoGradGuard no_grad;
  const auto p = model->named_parameters();
  const Tensor patches = torch::conv2d(x, p["patch_embed.proj.weight"], p["patch_embed.proj.bias"], 16)
                             .flatten(2)
                             .transpose(1, 2);
  const Tensor tokens = torch::cat({p["cls_token"], patches}, 1) + p["pos_embed"];
  const Tensor normed =
      torch::layer_norm(tokens, {192}, p["blocks.0.norm1.weight"], p["blocks.0.norm1.bias"], 1e-6);
  const Tensor qkv = torch::linear(normed, p["blocks.0.attn.qkv.weight"], p["blocks.0.attn.qkv.bias"]);
  const Tensor q = qkv.narrow(2, 0, 64), k = qkv.narrow(2, 192, 64);  // of the first head
  const Tensor expected = (q.matmul(k.transpose(1, 2)) / 8).softmax(-1);
  EXPECT_TRUE(torch::allclose(weights[0].select(1, 0), expected, 1e-5, 1e-7));
}

// Queries of zero attend to all tokens alike: A = J / T in both layers, so that the rollout is
// (1 + J / T)^2 / 4 = 1 / 4 + 3 J / (4 T), which gives every patch 3 / (4 T) of the class token.
TEST(AttentionRollout, OfUniformAttentionIsUniform) {
  const auto model = make("vit", "image_size: [32, 48], depth: 2");
  {
    const torch::NoGradGuard no_grad;
    for (const std::string block : {"0", "1"}) {
      model->named_parameters()["blocks." + block + ".attn.qkv.weight"].zero_();
      model->named_parameters()["blocks." + block + ".attn.qkv.bias"].zero_();
    }
  }
  const Explanation found = explain(*model, image(32, 48), 0);
  EXPECT_EQ(found.method, "attention rollout");
  EXPECT_TRUE(torch::allclose(found.cells, torch::full({2, 3}, 3.0 / (4 * 7)))) << found.cells;
  EXPECT_TRUE(torch::allclose(found.map, torch::full({32, 48}, 3.0 / (4 * 7))));
}

TEST(AttentionRollout, OfANetworkWithoutClassTokenIsTheMeanOverItsTokens) {
  const auto model = make("vit_scratch", "image_size: [32, 32], width: 8, depth: 2, heads: 2");
  const Tensor x = image(32, 32);
  const Tensor rolled = roll_out(attention_weights(*model, x));
  const Explanation found = explain(*model, x, 0);
  EXPECT_TRUE(torch::allclose(found.cells.flatten(), rolled[0].mean(0)));
  EXPECT_NEAR(found.cells.sum().item<double>(), 1, 1e-5);
}

// One linear convolution, the mean, one linear layer: logit_c = sum_k w_ck mean(M_k) + b_c, so that the
// gradient at every pixel is w_ck / (H W) and Grad-CAM is relu(sum_k w_ck M_k) / (H W).
class LinearNetwork final : public Model {
 public:
  LinearNetwork() {
    conv_ = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).padding(1)));
    head_ = register_module("head", torch::nn::Linear(4, 2));
  }
  ModelOutput forward(const Tensor& x) override { return {head_(maps(x).mean({2, 3})), {}}; }
  Tensor maps(const Tensor& x) { return conv_(x); }
  Tensor weights(std::int64_t k) { return head_->weight[k]; }

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::Linear head_{nullptr};
};

TEST(GradCam, OfALinearNetworkIsItsClassActivationMap) {
  torch::manual_seed(1);
  LinearNetwork network;
  const Tensor x = image(6, 9);
  for (const std::int64_t k : {0, 1}) {
    const Explanation found = explain(network, x, k);
    EXPECT_EQ(found.method, "Grad-CAM");
    const torch::NoGradGuard no_grad;
    const Tensor maps = network.maps(x)[0];  // [4, 6, 9]
    const Tensor expected = (network.weights(k).view({4, 1, 1}) * maps).sum(0).relu() / 54;
    EXPECT_TRUE(torch::allclose(found.cells, expected, 1e-5, 1e-8));
    EXPECT_TRUE(torch::equal(found.cells, found.map));  // a cell is a pixel
    EXPECT_GT(found.cells.max().item<double>(), 0);
  }
  EXPECT_THROW(explain(network, x, 2), std::out_of_range);
}

// Logits are a 1 x 1 convolution of maps of half the size, enlarged by 2: the sum of class c's logits is
// 4 sum_k w_ck sum(M_k), so that Grad-CAM is relu(4 sum_k w_ck M_k).
class LinearSegmenter final : public Model {
 public:
  LinearSegmenter() {
    conv_ = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 2).stride(2)));
    head_ = register_module("head", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 2, 1).bias(false)));
  }
  ModelOutput forward(const Tensor& x) override {
    return {torch::conv2d(torch::upsample_nearest2d(conv_(x), {x.size(2), x.size(3)}), head_->weight), {}};
  }
  Tensor expected(const Tensor& x, std::int64_t k) {
    return (4 * head_->weight[k] * conv_(x)[0]).sum(0).relu();
  }

 private:
  torch::nn::Conv2d conv_{nullptr}, head_{nullptr};
};

TEST(GradCam, OfASegmentationNetworkIsThatOfTheSummedLogitsAtTheCoarsestMaps) {
  torch::manual_seed(1);
  LinearSegmenter network;
  const Tensor x = image(8, 12);
  const Explanation found = explain(network, x, 1);
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::allclose(found.cells, network.expected(x, 1), 1e-5, 1e-7));
  EXPECT_EQ(found.map.sizes().vec(), (std::vector<std::int64_t>{8, 12}));
}

struct Case {
  std::string network, options;
  std::int64_t height, width;
  std::vector<std::int64_t> cells;
};

class EveryKind : public testing::TestWithParam<Case> {};

TEST_P(EveryKind, IsExplainedOverTheWholeImageAndLeftAsItWas) {
  const auto model = make(GetParam().network, GetParam().options);
  const Tensor x = image(GetParam().height, GetParam().width);
  set_trainable(*model, "", true);
  model->train();
  const Explanation found = explain(*model, x, 1);
  EXPECT_TRUE(model->is_training());
  for (const Tensor& each : model->parameters()) {
    EXPECT_TRUE(each.requires_grad());
    EXPECT_FALSE(each.grad().defined());
  }
  EXPECT_EQ(found.cells.sizes().vec(), GetParam().cells);
  EXPECT_EQ(found.map.sizes().vec(), (std::vector<std::int64_t>{GetParam().height, GetParam().width}));
  EXPECT_TRUE(found.map.isfinite().all().item<bool>());
  EXPECT_GE(found.map.min().item<double>(), 0);
  const Explanation again = explain(*model, x, 1);
  EXPECT_TRUE(torch::equal(found.map, again.map));
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryKind,
                         testing::Values(Case{"mobilenet_v2", "", 96, 70, {3, 3}},
                                         Case{"efficientnet", "variant: lite0", 96, 70, {3, 3}},
                                         Case{"resnetv2", "", 64, 96, {2, 3}},
                                         Case{"densenet", "depth: 121", 64, 96, {2, 3}},
                                         Case{"keras_classifier", "", 64, 96, {2, 3}},
                                         Case{"swin_v2", "variant: t", 64, 96, {2, 3}},
                                         Case{"vit", "image_size: [64, 96], depth: 2", 64, 96, {4, 6}},
                                         Case{"unet", "start: 4", 64, 50, {4, 4}},
                                         Case{"unet", "encoder: resnet18", 96, 70, {3, 3}},
                                         Case{"fpn", "encoder: mit_b0", 64, 96, {2, 3}},
                                         Case{"deeplabv3plus", "encoder: mobilenet_v2", 64, 96, {4, 6}},
                                         Case{"segformer", "", 64, 96, {2, 3}}),
                         [](const auto& info) {
                           return info.param.network + "_" + std::to_string(info.index);
                         });

}  // namespace
}  // namespace nadir
