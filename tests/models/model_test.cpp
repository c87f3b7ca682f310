#include <gtest/gtest.h>
#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/init.h"
#include "models/blocks/padding.h"
#include "nadir/model.h"

namespace nadir {
namespace {

// A part with a parameter of its own between buffer and children, to show the order.
class Small final : public Model {
 public:
  Small() {
    first = register_module("first", torch::nn::Sequential(conv(2, 3), batch_norm(3)));
    last = register_module("last", torch::nn::Linear(3, 1));
    register_buffer("steps", torch::zeros({1}));
    register_parameter("scale", torch::ones({3}));
  }
  ModelOutput forward(const torch::Tensor& image) override { return {first->forward(image), {}}; }
  torch::nn::Sequential first{nullptr};
  torch::nn::Linear last{nullptr};
};

TEST(NamedState, IsInPyTorchsOrder) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named_state(Small())) names.push_back(name);
  const std::vector<std::string> expected = {"scale",
                                             "steps",
                                             "first.0.weight",
                                             "first.1.weight",
                                             "first.1.bias",
                                             "first.1.running_mean",
                                             "first.1.running_var",
                                             "first.1.num_batches_tracked",
                                             "last.weight",
                                             "last.bias"};
  EXPECT_EQ(names, expected);
}

TEST(CountParameters, TellsTotalTrainableAndKerasApart) {
  Small model;
  set_trainable(model, "first", false);
  const ParameterCount count = count_parameters(model);
  EXPECT_EQ(count.total, 54 + 6 + 4 + 3);
  EXPECT_EQ(count.trainable, 4 + 3);
  EXPECT_EQ(count.keras, count.total + 6);
}

TEST(SetTrainable, NamesThePartsWhenThereIsNoneOfTheName) {
  Small model;
  try {
    set_trainable(model, "las", false);
    FAIL() << "a part that does not exist was frozen";
  } catch (const ModelError& error) {
    EXPECT_EQ(std::string(error.what()), "the network has no part 'las'; its parts are first, last");
  }
}

TEST(FrozenBatchNorm, KeepsAndUsesItsStatisticsInTraining) {
  Small model;
  set_trainable(model, "first", false);
  model.train();
  const torch::Tensor image = torch::randn({2, 2, 4, 4}) + 3;
  const torch::Tensor in_training = model(image);
  EXPECT_TRUE(model.named_buffers()["first.1.running_mean"].equal(torch::zeros({3})));
  model.eval();
  EXPECT_TRUE(in_training.equal(model(image)));
  set_trainable(model, "first", true);
  model.train();
  EXPECT_FALSE(in_training.allclose(model(image)));
}

TEST(Models, RefusesAShapeWithoutBandsOrClasses) {
  EXPECT_THROW(models().make("unet", {}, ModelShape{0, 2}), ConfigError);
  EXPECT_THROW(models().make("unet", {}, ModelShape{3, 0}), ConfigError);
}

TEST(Models, AreReproducedByTheSeed) {
  const auto weights = [](std::uint64_t seed) {
    torch::manual_seed(seed);
    return named_state(*models().make("unet", parse_yaml("{start: 2}", "test"), ModelShape{}))[0]
        .second.clone();
  };
  EXPECT_TRUE(weights(1).equal(weights(1)));
  EXPECT_FALSE(weights(1).equal(weights(2)));
}

TEST(PaddedImage, RepeatsTheEdgeAndCutsItOffAgain) {
  const torch::Tensor image = torch::arange(6).to(torch::kFloat32).reshape({1, 1, 2, 3});
  const PaddedImage padded(image, 4);
  ASSERT_EQ(padded.image().sizes().vec(), (std::vector<std::int64_t>{1, 1, 4, 4}));
  EXPECT_EQ(padded.image()[0][0][3][3].item<float>(), 5);
  EXPECT_TRUE(padded.crop(padded.image()).equal(image));
}

TEST(PaddedImage, LeavesFittingSizesUntouched) {
  const torch::Tensor image = torch::zeros({1, 1, 8, 4});
  EXPECT_TRUE(PaddedImage(image, 4).image().is_same(image));
}

// Keras: https://keras.io/api/layers/initializers, variances of the distributions.
TEST(KerasClassifier, NormMomentumIsABatchsShareInTheStatistics) {
  const auto first_mean = [](const std::string& options) {
    torch::manual_seed(1);
    const auto model = models().make("keras_classifier", parse_yaml(options, "test"), {3, 1});
    model->train();
    model->forward(torch::rand({2, 3, 32, 32}));
    for (const auto& [name, tensor] : named_state(*model)) {
      if (name == "bn_Conv1.running_mean") return tensor;
    }
    throw std::runtime_error("no bn_Conv1");
  };
  const torch::Tensor whole = first_mean("{norm_momentum: 1}");
  EXPECT_GT(whole.abs().max().item<double>(), 0.01);
  // Keras's own: a momentum of 0.999 keeps a thousandth of the batch.
  EXPECT_TRUE(torch::allclose(first_mean("{}"), whole * 0.001, 1e-4, 1e-9));
  EXPECT_TRUE(torch::allclose(first_mean("{norm_momentum: 0.25}"), whole * 0.25, 1e-4, 1e-7));
}

TEST(KerasInit, HasTheVariancesOfKeras) {
  torch::manual_seed(0);
  torch::Tensor kernel = torch::empty({64, 48, 3, 3});
  const auto variance = [&](KerasInit init) {
    fill_kernel(kernel, init);
    return kernel.var().item<double>();
  };
  EXPECT_NEAR(variance(KerasInit::kGlorotUniform) * (64 + 48) * 9 / 2, 1, 0.03);
  EXPECT_NEAR(variance(KerasInit::kHeUniform) * 48 * 9 / 2, 1, 0.03);
  EXPECT_NEAR(variance(KerasInit::kHeNormal) * 48 * 9 / 2, 1, 0.03);
  EXPECT_LE(kernel.abs().max().item<double>(), 2 * std::sqrt(2.0 / (48 * 9)) / 0.8796 + 1e-6);
}

}  // namespace
}  // namespace nadir
