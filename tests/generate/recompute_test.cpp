// Gradients of what is computed again are those of what was kept: of one block to the last bit, of a network
// of blocks but for the order in which they are summed.
#include "models/blocks/recompute.h"

#include "diffusion_golden.h"
#include "models/diffusion/adaptable_linear.h"
#include "models/diffusion/denoiser.h"
#include "models/precision.h"

namespace nadir {
namespace {

using Tensors = std::vector<torch::Tensor>;

struct Gradients {
  torch::Tensor output;
  Tensors gradients;  // of inputs and weights
};

// Of sum(function(x)^2), with dropout inside.
Gradients through(bool again, const std::string& precision = "fp32") {
  torch::manual_seed(3);
  torch::nn::Linear first(6, 6), second(6, 6);
  const torch::Tensor x = torch::randn({4, 6}).requires_grad_(), y = torch::randn({4, 6});
  const Tensors weights = {first->weight, first->bias, second->weight, second->bias};
  const auto function = [&](const Tensors& in) {
    const torch::Tensor hidden = torch::dropout(torch::silu(first(in[0])), 0.5, true);
    return second(hidden) * in[1];
  };
  Gradients found;
  {
    const AutocastGuard autocast(precision, torch::kCPU);
    found.output = again ? recompute(function, {x, y}, weights) : function({x, y});
  }
  found.output.to(torch::kFloat32).square().sum().backward();
  found.gradients = {x.grad()};
  for (const torch::Tensor& each : weights) found.gradients.push_back(each.grad());
  found.gradients.push_back(torch::rand({3}));  // the numbers that are drawn afterwards
  return found;
}

void expect_equal(const Gradients& a, const Gradients& b) {
  EXPECT_TRUE(torch::equal(a.output, b.output));
  ASSERT_EQ(a.gradients.size(), b.gradients.size());
  for (std::size_t i = 0; i < a.gradients.size(); ++i) {
    EXPECT_TRUE(torch::equal(a.gradients[i], b.gradients[i])) << i;
  }
}

TEST(Recompute, GivesTheSameGradientsWithDropout) { expect_equal(through(false), through(true)); }

TEST(Recompute, GivesTheSameGradientsInBf16) { expect_equal(through(false, "bf16"), through(true, "bf16")); }

TEST(Recompute, LearnsWeightsOfInputsThatDoNotLearn) {
  torch::nn::Linear layer(3, 3);
  const torch::Tensor x = torch::ones({1, 3});
  const auto function = [&](const Tensors& in) { return layer(in[0]); };
  recompute(function, {x}, {layer->weight, layer->bias}).sum().backward();
  EXPECT_TRUE(torch::equal(layer->weight.grad(), torch::ones({3, 3})));
  EXPECT_FALSE(x.grad().defined());
}

std::shared_ptr<Denoiser> small_unet() {
  DenoiserConfig config;
  config.context = 8;
  config.groups = 4;
  config.layers_per_block = 1;
  config.metadata = 7;
  config.levels = {{8, 2, true}, {16, 2, false}};
  auto unet = make_denoiser(config);
  golden::fill(*unet);
  return unet;
}

// Gradients of all that learns, by name.
std::vector<std::pair<std::string, torch::Tensor>> learn(Denoiser& unet) {
  for (torch::Tensor& each : unet.parameters()) each.mutable_grad() = torch::Tensor();
  const torch::Tensor said = unet.forward(golden::normal("x", {2, 4, 8, 8}), torch::tensor({10, 700}),
                                          golden::normal("text", {2, 3, 8}), 500 * torch::ones({2, 7}));
  said.square().mean().backward();
  std::vector<std::pair<std::string, torch::Tensor>> gradients = {{"output", said.detach()}};
  for (const auto& each : unet.named_parameters()) {
    if (each.value().grad().defined()) gradients.emplace_back(each.key(), each.value().grad().clone());
  }
  return gradients;
}

void expect_same_learning(Denoiser& unet, std::size_t parameters) {
  const auto kept = learn(unet);
  unet.set_recompute(true);
  const auto again = learn(unet);
  ASSERT_EQ(kept.size(), parameters + 1);
  ASSERT_EQ(again.size(), kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].first, again[i].first);
    EXPECT_TRUE(torch::allclose(kept[i].second, again[i].second, 1e-3, 1e-6)) << kept[i].first;
  }
}

TEST(DenoiserRecompute, LearnsTheSame) {
  const auto unet = small_unet();
  expect_same_learning(*unet, unet->parameters().size());
}

TEST(DenoiserRecompute, LearnsTheSameMetadataAlone) {
  const auto unet = small_unet();
  std::size_t learning = 0;
  for (const auto& each : unet->named_parameters()) {
    const bool metadata = each.key().starts_with("metadata_embedding");
    each.value().set_requires_grad(metadata);
    learning += metadata;
  }
  expect_same_learning(*unet, learning);
}

TEST(DenoiserRecompute, LearnsTheSameLowRankChanges) {
  const auto unet = small_unet();
  for (torch::Tensor& each : unet->parameters()) each.set_requires_grad(false);
  torch::manual_seed(1);
  Tensors changes;
  for (const auto& [name, layer] : adaptable_layers(*unet)) {
    LowRank change(layer->weight.size(1), layer->weight.size(0), 2, 1.0);
    torch::nn::init::normal_(change->named_parameters()["up"]);
    layer->adapt(change);
    for (const torch::Tensor& each : change->parameters()) changes.push_back(each);
  }
  ASSERT_FALSE(changes.empty());
  learn(*unet);
  Tensors kept;
  for (torch::Tensor& each : changes) {
    kept.push_back(each.grad().clone());
    each.mutable_grad() = torch::Tensor();
  }
  unet->set_recompute(true);
  learn(*unet);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_GT(kept[i].abs().sum().item<double>(), 0) << i;
    EXPECT_TRUE(torch::allclose(kept[i], changes[i].grad(), 1e-3, 1e-6)) << i;
  }
}

}  // namespace
}  // namespace nadir
