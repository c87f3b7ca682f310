// A classifier before a segmentation network.
#include "models/gate.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "temporary_folder.h"

namespace nadir {
namespace {

ModelCard card_of(Task task, const std::vector<std::string>& names,
                  const std::string& network = "mobilenet_v2") {
  ModelCard card;
  card.task = task;
  card.architecture = {network, models().resolve(network, {})};
  for (const std::string& name : names) card.classes.push_back({.name = name});
  complete_classes(card.classes);
  card.bands = {"gray"};
  card.band_numbers = {1};
  card.normalization = {.scale = "none", .offset = {0}, .range = {1}, .mean = {0}, .std = {1}};
  card.tile = 32;
  return card;
}

// A classifier that says the same of every image: its last bias is the logits.
std::filesystem::path write_classifier(const TemporaryFolder& folder, const ModelCard& card,
                                       const std::vector<float>& logits) {
  const torch::NoGradGuard no_grad;
  const auto classes = static_cast<std::int64_t>(card.classes.size());
  auto model = models().make(card.architecture, ModelShape{1, classes});
  for (auto& [name, tensor] : named_state(*model)) {
    if (name == "classifier.1.weight") tensor.zero_();
    if (name == "classifier.1.bias") tensor.copy_(torch::tensor(logits));
  }
  save_model(folder / "gate.safetensors", *model, card);
  return folder / "gate.safetensors";
}

class GateTest : public testing::Test {
 protected:
  // Probabilities 0.88 of fish, 0.12 of flower.
  std::filesystem::path classifier() const {
    return write_classifier(folder_, card_of(Task::kMultilabelClassification, {"fish", "flower"}), {2, -2});
  }
  torch::Tensor images_ = torch::rand({2, 1, 48, 64});
  TemporaryFolder folder_;
};

TEST_F(GateTest, EmptiesWhatTheClassifierDoesNotSee) {
  const ModelCard card = card_of(Task::kMultilabel, {"flower", "gravel", "fish"}, "unet");
  const ClassGate gate(classifier(), card, {0.5}, torch::kCPU);
  const torch::Tensor passes = gate.passes(images_, {});
  EXPECT_TRUE(passes.equal(torch::tensor({{false, true, true}, {false, true, true}}))) << passes;
  const torch::Tensor logits = torch::full({2, 3, 4, 4}, 3.0F);
  const torch::Tensor p = ClassGate::close(logits, passes).sigmoid();
  EXPECT_EQ(p.select(1, 0).max().item<float>(), 0);
  EXPECT_TRUE(p.select(1, 2).equal(logits.sigmoid().select(1, 2)));
}

TEST_F(GateTest, ThresholdsAreOfEachClass) {
  const ModelCard card = card_of(Task::kMultilabel, {"fish", "flower"}, "unet");
  EXPECT_TRUE(ClassGate(classifier(), card, {0.9, 0.1}, torch::kCPU)
                  .passes(images_, {})[0]
                  .equal(torch::tensor({false, true})));
  EXPECT_THROW(ClassGate(classifier(), card, {0.5, 0.5, 0.5}, torch::kCPU), ConfigError);
}

TEST_F(GateTest, OfClassesThatExcludeEachOtherOneStays) {
  const ModelCard card = card_of(Task::kMulticlass, {"flower", "fish"}, "unet");
  const torch::Tensor passes = ClassGate(classifier(), card, {0.99}, torch::kCPU).passes(images_, {});
  EXPECT_TRUE(passes[0].equal(torch::tensor({false, true}))) << "the likelier of two that are not seen";
  const torch::Tensor p = ClassGate::close(torch::zeros({2, 2, 4, 4}), passes).softmax(1);
  EXPECT_EQ(p.select(1, 1).min().item<float>(), 1);
}

TEST_F(GateTest, RefusesWhatIsNoGate) {
  EXPECT_THROW(ClassGate(classifier(), card_of(Task::kMultilabel, {"sugar"}, "unet"), {0.5}, torch::kCPU),
               ModelError);
  const ModelCard maps = card_of(Task::kMultilabel, {"fish"}, "unet");
  const auto file = write_classifier(folder_, card_of(Task::kMulticlass, {"fish", "sugar"}), {0, 0});
  EXPECT_THROW(ClassGate(file, maps, {0.5}, torch::kCPU), ModelError);
}

}  // namespace
}  // namespace nadir
