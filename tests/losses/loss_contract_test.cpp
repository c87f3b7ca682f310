// What holds for every registered loss.
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "losses/make_loss.h"

namespace nadir {
namespace {

std::string one(const std::string& name) { return "{" + name + ": 1}"; }

struct Batch {
  torch::Tensor logits, target;
  LossContext context;
};

Batch multiclass_batch() {
  torch::manual_seed(1);
  const torch::Tensor target = torch::randint(0, 3, {2, 6, 5}, torch::kInt64).to(torch::kUInt8);
  target[0][0].fill_(kIgnore);
  return {torch::randn({2, 3, 6, 5}), target, {.task = Task::kMulticlass, .classes = 3}};
}

Batch multilabel_batch() {
  torch::manual_seed(2);
  const torch::Tensor target = torch::randint(0, 2, {2, 3, 6, 5}, torch::kInt64).to(torch::kUInt8);
  target[1][2][3].fill_(kIgnore);
  return {torch::randn({2, 3, 6, 5}), target, {.task = Task::kMultilabel, .classes = 3}};
}

// Losses that need classes which exclude each other say so when they are made for others.
bool takes(const std::string& name, const LossContext& context) {
  try {
    make_loss(one(name), context);
  } catch (const ConfigError&) {
    return false;
  }
  return true;
}

std::vector<Batch> batches_for(const std::string& name) {
  std::vector<Batch> batches = {multiclass_batch()};
  const Batch multilabel = multilabel_batch();
  if (takes(name, multilabel.context)) batches.push_back(multilabel);
  return batches;
}

torch::Tensor gradient(const TotalLoss& loss, const torch::Tensor& logits, const torch::Tensor& target) {
  const torch::Tensor leaf = logits.detach().clone().requires_grad_();
  loss(leaf, target).backward();
  return leaf.grad();
}

TEST(LossContractTest, EveryLossTakesTheTasksThatItCan) {
  const LossContext multilabel{.task = Task::kMultilabel, .classes = 3};
  for (const std::string name : {"binary_cross_entropy", "dice", "jaccard", "tversky", "focal_tversky",
                                 "focal", "lovasz", "boundary", "study001.bce_dice"}) {
    EXPECT_TRUE(takes(name, multilabel)) << name;
  }
  for (const std::string name :
       {"cross_entropy", "study002.dice", "study003.cce_dice", "study004.dice_focal"}) {
    EXPECT_FALSE(takes(name, multilabel)) << name;
  }
}

TEST(LossContractTest, GradientIsTheSlopeOfTheValue) {
  for (const std::string& name : losses().names()) {
    for (const Batch& batch : batches_for(name)) {
      const TotalLoss loss = make_loss(one(name), batch.context);
      const torch::Tensor logits = batch.logits.to(torch::kFloat64);
      const torch::Tensor slope = gradient(loss, logits, batch.target);
      for (const std::int64_t i : {7, 41, 88, 133, 179}) {
        const torch::Tensor step = torch::zeros_like(logits);
        step.view(-1)[i] = 1e-6;
        const double change =
            (loss(logits + step, batch.target) - loss(logits - step, batch.target)).item<double>();
        EXPECT_NEAR(slope.view(-1)[i].item<double>(), change / 2e-6, 1e-7) << name << " at " << i;
      }
    }
  }
}

TEST(LossContractTest, IgnoredPixelsHaveNoPartInValueOrGradient) {
  for (const std::string& name : losses().names()) {
    for (const Batch& batch : batches_for(name)) {
      const TotalLoss loss = make_loss(one(name), batch.context);
      torch::Tensor ignored = batch.target.eq(kIgnore);
      if (!(batch.target.sizes() == batch.logits.sizes()))
        ignored = ignored.unsqueeze(1).expand_as(batch.logits);
      ASSERT_TRUE(ignored.any().item<bool>());
      const torch::Tensor other = torch::where(ignored, 5 - batch.logits, batch.logits);
      EXPECT_EQ(loss(other, batch.target).item<float>(), loss(batch.logits, batch.target).item<float>())
          << name;
      const torch::Tensor slope = gradient(loss, batch.logits, batch.target);
      EXPECT_EQ(slope.masked_select(ignored).abs().max().item<float>(), 0) << name;
    }
  }
}

TEST(LossContractTest, BatchWithoutACountedPixelGivesZeroAndZeroGradient) {
  for (const std::string& name : losses().names()) {
    for (const Batch& batch : batches_for(name)) {
      const TotalLoss loss = make_loss(one(name), batch.context);
      const torch::Tensor nothing = torch::full_like(batch.target, kIgnore);
      EXPECT_EQ(loss(batch.logits, nothing).item<float>(), 0) << name;
      EXPECT_TRUE(gradient(loss, batch.logits, nothing).eq(0).all().item<bool>()) << name;
    }
  }
}

TEST(LossContractTest, HugeLogitsGiveFiniteValuesAndGradients) {
  for (const std::string& name : losses().names()) {
    for (const Batch& batch : batches_for(name)) {
      const TotalLoss loss = make_loss(one(name), batch.context);
      EXPECT_TRUE(std::isfinite(loss(batch.logits * 1e4, batch.target).item<double>())) << name;
      EXPECT_TRUE(gradient(loss, batch.logits * 1e4, batch.target).isfinite().all().item<bool>()) << name;
    }
  }
}

TEST(LossContractTest, TheRightAnswerCostsLessThanTheWrongOne) {
  for (const std::string& name : losses().names()) {
    for (const Batch& batch : batches_for(name)) {
      const TotalLoss loss = make_loss(one(name), batch.context);
      const torch::Tensor truth = LossInput(batch.logits, batch.target).truth();
      const double right = loss((truth * 2 - 1) * 8, batch.target).item<double>();
      const double wrong = loss((1 - truth * 2) * 8, batch.target).item<double>();
      EXPECT_LT(right, wrong) << name;
    }
  }
}

TEST(LossContractTest, MemoryFormatAndHalfPrecisionDoNotChangeTheValue) {
  for (const std::string& name : losses().names()) {
    const Batch batch = multiclass_batch();
    const TotalLoss loss = make_loss(one(name), batch.context);
    const torch::Tensor half = batch.logits.to(torch::kBFloat16);
    const double expected = loss(half.to(torch::kFloat32), batch.target).item<double>();
    EXPECT_EQ(loss(half, batch.target).item<double>(), expected) << name;
    const torch::Tensor channels_last = half.to(torch::kFloat32).contiguous(at::MemoryFormat::ChannelsLast);
    EXPECT_NEAR(loss(channels_last, batch.target).item<double>(), expected, 1e-6 * std::abs(expected))
        << name;
  }
}

TEST(LossContractTest, WholeImagesAreClassifiedToo) {
  for (const std::string& name : losses().names()) {
    if (name == "boundary") continue;
    const torch::Tensor logits = torch::tensor({{2.0, 0.5, -1.0}, {0.0, 1.0, 3.0}});
    const torch::Tensor target = torch::tensor({0, 2}, torch::kInt64);
    const TotalLoss loss = make_loss(one(name), {.task = Task::kClassification, .classes = 3});
    EXPECT_TRUE(gradient(loss, logits, target).isfinite().all().item<bool>()) << name;
    EXPECT_LT(loss(logits, target).item<double>(), loss(-logits, target).item<double>()) << name;
  }
}

TEST(TotalLossTest, WeightsTermsAndSharesNothingThatChangesTheirValues) {
  const Batch batch = multiclass_batch();
  const auto value = [&](const std::string& terms) {
    return make_loss(terms, batch.context)(batch.logits, batch.target).item<double>();
  };
  const double separate = 2 * value("{cross_entropy: 1}") + 0.5 * value("{dice: 1}") + value("{jaccard: 1}");
  EXPECT_NEAR(value("{cross_entropy: 2, dice: 0.5, jaccard: {smooth: 1e-6}}"), separate, 1e-6);
}

TEST(TotalLossTest, OneWeightStandsForAllAuxiliaryOutputs) {
  const Batch batch = multiclass_batch();
  const TotalLoss loss = make_loss("{cross_entropy: 1}", batch.context);
  const std::vector<torch::Tensor> auxiliary = {batch.logits * 2, -batch.logits};
  const double expected = (loss(batch.logits, batch.target) + 0.3 * loss(auxiliary[0], batch.target) +
                           0.3 * loss(auxiliary[1], batch.target))
                              .item<double>();
  EXPECT_NEAR(loss(batch.logits, batch.target, auxiliary, {0.3}).item<double>(), expected, 1e-6);
  EXPECT_THROW(loss(batch.logits, batch.target, auxiliary, {0.3, 0.3, 0.3}), ConfigError);
}

std::string error_of(const std::string& terms, const LossContext& context) {
  try {
    make_loss(terms, context);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TotalLossTest, ErrorsNameTheTermTheSettingAndWhatIsAllowed) {
  const LossContext water{.task = Task::kMulticlass, .classes = 2};
  EXPECT_NE(error_of("{dise: 1}", water).find("dice"), std::string::npos);
  EXPECT_NE(error_of("{}", water).find("no terms"), std::string::npos);
  EXPECT_NE(error_of("{dice: -1}", water).find("weight"), std::string::npos);
  EXPECT_NE(error_of("{dice: {class_weights: [1, 2, 3]}}", water).find("3 values for 2 classes"),
            std::string::npos);
  EXPECT_NE(error_of("{dice: {class_weights: [0, 0]}}", water).find("all 0"), std::string::npos);
  EXPECT_NE(error_of("{dice: {class_weights: [1, 2], reduction: batch}}", water).find("per_class"),
            std::string::npos);
  EXPECT_NE(
      error_of("{cross_entropy: 1}", {.task = Task::kMultilabel, .classes = 2}).find("binary_cross_entropy"),
      std::string::npos);
}

TEST(LossInputTest, TargetsThatDoNotFitAreRefused) {
  const torch::Tensor logits = torch::zeros({1, 3, 2, 2});
  EXPECT_THROW(LossInput(logits, torch::zeros({1, 2, 3}, torch::kInt64)), std::logic_error);
  try {
    const LossInput input(logits, torch::full({1, 2, 2}, 3, torch::kInt64));
    FAIL() << "class 3 of 3 was taken";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("class 3, but there are 3 classes"), std::string::npos)
        << error.what();
  }
}

TEST(DiceTest, AnAbsentClassIsLeftOutOfTheMeanUnlessToldOtherwise) {
  const LossContext context{.task = Task::kMulticlass, .classes = 3};
  const torch::Tensor target = torch::tensor({0, 1, 1, 0}, torch::kInt64).view({1, 2, 2});
  const torch::Tensor logits = 20 * LossInput(torch::zeros({1, 3, 2, 2}), target).truth();
  EXPECT_NEAR(make_loss("{dice: 1}", context)(logits, target).item<double>(), 0, 1e-6);
  EXPECT_NEAR(make_loss("{dice: {absent: count, smooth: 0}}", context)(logits, target).item<double>(),
              1 / 3.0, 1e-6);
  EXPECT_NEAR(make_loss("{dice: {absent: zero}}", context)(logits, target).item<double>(), 0, 1e-6);
}

TEST(DiceTest, ClassWeightsAreNormalisedUnlessToldOtherwise) {
  const LossContext context{.task = Task::kMulticlass, .classes = 3};
  const Batch batch = multiclass_batch();
  const auto value = [&](const std::string& terms) {
    return make_loss(terms, context)(batch.logits, batch.target).item<double>();
  };
  EXPECT_NEAR(value("{dice: {class_weights: [5, 5, 5]}}"), value("{dice: 1}"), 1e-6);
  const double only_first = value("{dice: {class_weights: [1, 0, 0]}}");
  EXPECT_NEAR(value("{dice: {class_weights: [1, 0, 0], normalize_weights: false}}"), 1 - (1 - only_first) / 3,
              1e-6);
}

}  // namespace
}  // namespace nadir
