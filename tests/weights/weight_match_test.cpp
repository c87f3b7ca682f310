#include "weights/weight_match.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace nadir {
namespace {

WeightGroup group(const std::string& path,
                  const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
  WeightGroup result{path, {}};
  for (const auto& [name, shape] : tensors) {
    result.entries.push_back({name, torch::kFloat32, shape, [size = shape] { return torch::zeros(size); }});
  }
  return result;
}

NetworkState network() {
  return {{"encoder.conv1.weight", torch::zeros({4, 3, 3, 3})},
          {"encoder.bn1.weight", torch::zeros({4})},
          {"head.weight", torch::zeros({2, 4, 1, 1})}};
}

TEST(WeightMatchTest, TakesTheDictAndRemovesTheWrappersThatFit) {
  const WeightFile file{
      "test",
      {group("optimizer.state.0", {{"exp_avg", {4, 3, 3, 3}}}), group("ema", {{"other.weight", {4}}}),
       group("state_dict", {{"model.module.encoder.conv1.weight", {4, 3, 3, 3}},
                            {"model.module.encoder.bn1.weight", {4}},
                            {"model.module.head.weight", {2, 4, 1, 1}},
                            {"loss.weight", {2}}})}};
  const WeightMatch match = match_weights(file, network());
  EXPECT_EQ(match.what_was_done(), "took 'state_dict', removed 'model.module.'");
  EXPECT_EQ(match.tensors.size(), 3U);
  EXPECT_EQ(match.unexpected, std::vector<std::string>{"loss.weight"});
}

TEST(WeightMatchTest, PutsAnEncodersFileUnderTheEncoder) {
  const WeightFile file{
      "test", {group("", {{"conv1.weight", {4, 3, 3, 3}}, {"bn1.weight", {4}}, {"fc.weight", {1000, 4}}})}};
  const WeightMatch match = match_weights(file, network());
  EXPECT_EQ(match.added, "encoder.");
  EXPECT_EQ(match.tensors.size(), 2U);
  EXPECT_EQ(match.unexpected, std::vector<std::string>{"fc.weight"});
}

TEST(WeightMatchTest, ReplacesOnePrefixByAnother) {
  const WeightFile file{
      "test",
      {group("",
             {{"backbone.conv1.weight", {4, 3, 3, 3}}, {"backbone.bn1.weight", {4}}, {"aux.weight", {4}}})}};
  const WeightMatch match = match_weights(file, network());
  EXPECT_EQ(match.what_was_done(), "removed 'backbone.', added 'encoder.'");
  EXPECT_EQ(match.tensors.size(), 2U);
}

TEST(WeightMatchTest, LeavesNamesThatFitAlone) {
  const WeightFile file{"test",
                        {group("", {{"encoder.conv1.weight", {4, 3, 3, 3}}, {"head.weight", {8, 4, 1, 1}}})}};
  const WeightMatch match = match_weights(file, network());
  EXPECT_EQ(match.what_was_done(), "");
  EXPECT_EQ(match.tensors.size(), 2U);  // names; of the head's shape the loader judges
}

TEST(WeightMatchTest, ReadsDenseNetsOldNames) {
  const WeightFile file{"test",
                        {group("", {{"features.denseblock1.denselayer1.norm.1.weight", {4}},
                                    {"features.denseblock1.denselayer1.conv.2.weight", {4, 4, 3, 3}}})}};
  const WeightMatch match =
      match_weights(file, {{"features.denseblock1.denselayer1.norm1.weight", torch::zeros({4})},
                           {"features.denseblock1.denselayer1.conv2.weight", torch::zeros({4, 4, 3, 3})}});
  EXPECT_EQ(match.tensors.size(), 2U);
}

TEST(WeightMatchTest, WithoutANetworkTheUsualDictIsTakenAndDataParallelUndone) {
  const WeightFile file{"test",
                        {group("epoch_losses", {{"a", {1}}, {"b", {1}}, {"c", {1}}}),
                         group("model", {{"module.a.weight", {1}}, {"module.a.bias", {1}}})}};
  const WeightMatch match = choose_weights(file);
  EXPECT_EQ(match.what_was_done(), "took 'model', removed 'module.'");
  EXPECT_TRUE(match.tensors.contains("a.weight"));
}

TEST(WeightMatchTest, NothingThatFitsIsNoMatch) {
  EXPECT_TRUE(match_weights({"test", {group("", {{"x", {1}}})}}, network()).tensors.empty());
}

}  // namespace
}  // namespace nadir
