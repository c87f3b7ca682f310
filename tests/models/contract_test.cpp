// What every registered network does, whatever its architecture. New networks are found without an edit.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <regex>

#include "nadir/model.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

struct Size {
  std::int64_t height, width;
};

class EveryNetwork : public testing::TestWithParam<std::string> {
 protected:
  // Networks for one size alone have the option image_size; they are made for the size that the test takes.
  static bool has_fixed_size() { return has_fixed_size(GetParam()); }
  static bool has_fixed_size(const std::string& name) {
    return models().resolve(name, {}).find("image_size") != nullptr;
  }
  static std::shared_ptr<Model> make(std::int64_t bands, std::int64_t classes, const Size& size,
                                     std::uint64_t seed = 1) {
    torch::manual_seed(seed);
    ConfigNode options;
    if (has_fixed_size()) {
      options.set("image_size", ConfigNode::list({ConfigNode::scalar(std::to_string(size.height)),
                                                  ConfigNode::scalar(std::to_string(size.width))}));
    }
    return models().make(GetParam(), options, ModelShape{bands, classes});
  }
  static torch::Tensor image(std::int64_t bands, const Size& size) {
    torch::manual_seed(2);
    return torch::randn({2, bands, size.height, size.width});
  }
  // A map of the image's size, or for classification a row for each image.
  static void expect_logits(const ModelOutput& output, std::int64_t classes, const Size& size) {
    std::vector<std::int64_t> shape = {2, classes};
    if (output.logits.dim() == 4) shape.insert(shape.end(), {size.height, size.width});
    EXPECT_EQ(output.logits.sizes().vec(), shape);
    EXPECT_EQ(output.logits.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
    for (const torch::Tensor& each : output.auxiliary) EXPECT_EQ(each.sizes().vec(), shape);
  }
  static constexpr Size kSmall{32, 48};
};

TEST_P(EveryNetwork, TakesAnyBandsClassesAndSizes) {
  struct Case {
    std::int64_t bands, classes;
    Size size;
  };
  for (const Case& each : {Case{1, 1, {33, 47}}, Case{3, 2, {64, 32}}, Case{13, 8, {5, 50}}}) {
    const Size size = has_fixed_size() ? Size{64, 32} : each.size;
    const auto model = make(each.bands, each.classes, size);
    model->eval();
    const torch::InferenceMode guard;
    try {
      expect_logits(model->forward(image(each.bands, size)), each.classes, size);
    } catch (const ModelError& error) {
      // Only small sides may be refused, with the size that works.
      EXPECT_LT(std::min(size.height, size.width), 32) << error.what();
      EXPECT_NE(std::string(error.what()).find("at least"), std::string::npos) << error.what();
    }
  }
}

class NetworkOfOneSize : public EveryNetwork {
 public:
  static std::vector<std::string> names() {
    std::vector<std::string> names = models().names();
    std::erase_if(names, [](const std::string& name) { return !has_fixed_size(name); });
    return names;
  }
};

TEST_P(NetworkOfOneSize, RefusesOthers) {
  const auto model = make(3, 2, kSmall);
  EXPECT_THROW(model->forward(image(3, {48, 32})), ModelError);
}

TEST_P(EveryNetwork, GivesEveryParameterAFiniteGradient) {
  const Size size{64, 64};
  const auto model = make(3, 2, size);
  model->train();
  const ModelOutput output = model->forward(image(3, size));
  torch::Tensor total = output.logits.square().mean();
  for (const torch::Tensor& each : output.auxiliary) total = total + each.square().mean();
  total.backward();
  for (const auto& each : model->named_parameters()) {
    ASSERT_TRUE(each.value().grad().defined()) << each.key();
    EXPECT_TRUE(each.value().grad().isfinite().all().item<bool>()) << each.key();
  }
}

TEST_P(EveryNetwork, GivesTheSameAfterItsStateWentRound) {
  const auto model = make(3, 2, kSmall);
  const torch::Tensor x = image(3, kSmall);
  model->train();
  {
    const torch::NoGradGuard no_grad;
    model->forward(x);  // moves the running statistics off their first values
  }
  const auto copy = make(3, 2, kSmall, /*seed=*/9);
  load_state(*copy, named_state(*model), "the first network");
  model->eval();
  copy->eval();
  const torch::InferenceMode guard;
  const torch::Tensor expected = (*model)(x);
  EXPECT_TRUE(expected.equal((*copy)(x)));
  EXPECT_TRUE(expected.equal((*model)(x))) << "evaluation is not the same every time";
}

TEST_P(EveryNetwork, GivesTheSameForImagesWithTheirChannelsLast) {
  const auto model = make(3, 2, kSmall);
  model->eval();
  const torch::InferenceMode guard;
  const torch::Tensor x = image(3, kSmall);
  const torch::Tensor expected = (*model)(x);
  const torch::Tensor found = (*model)(x.contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(found.allclose(expected, 1e-3, 1e-4)) << (found - expected).abs().max();
}

TEST_P(EveryNetwork, GivesFiniteFloat32LogitsUnderBfloat16) {
  const auto model = make(3, 2, kSmall);
  model->eval();
  const torch::InferenceMode guard;
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const ModelOutput output = model->forward(image(3, kSmall));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  expect_logits(output, 2, kSmall);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  return std::regex_replace(info.param, std::regex("\\W"), "_");
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryNetwork, testing::ValuesIn(models().names()), test_name);
INSTANTIATE_TEST_SUITE_P(Registry, NetworkOfOneSize, testing::ValuesIn(NetworkOfOneSize::names()), test_name);

}  // namespace
}  // namespace nadir
