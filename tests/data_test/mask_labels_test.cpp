// Labels of whole images from masks.
#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::uint8_t kNone = 255;

LabelSpec spec(Task task, const std::vector<std::string>& names = {"land", "water", "ice"}) {
  LabelSpec labels{task, {}};
  for (const std::string& name : names) labels.classes.push_back({.name = name});
  complete_classes(labels.classes);
  return labels;
}

// 10 x 10 pixels of class 0, the first ones replaced: {{class, pixels}, …}.
torch::Tensor mask(const std::vector<std::pair<int, std::int64_t>>& classes) {
  torch::Tensor pixels = torch::zeros({100}, torch::kUInt8);
  std::int64_t at = 0;
  for (const auto& [value, count] : classes) {
    pixels.narrow(0, at, count).fill_(value);
    at += count;
  }
  return pixels.view({10, 10});
}

torch::Tensor label(const LabelConfig& config, Task task, const torch::Tensor& target) {
  RandomStream random(1);
  return make_mask_labels(config, spec(task))
      ->apply({.image = {}, .target = target, .valid = {}, .id = "a"}, random)
      .target;
}

std::int64_t one(const LabelConfig& config, const torch::Tensor& target) {
  const torch::Tensor found = label(config, Task::kClassification, target);
  EXPECT_EQ(found.dim(), 0);
  EXPECT_EQ(found.scalar_type(), torch::kInt64);
  return found.item<std::int64_t>();
}

TEST(MaskLabelsTest, TheLargestClassWins) {
  const LabelConfig config{.from = "masks"};
  EXPECT_EQ(one(config, mask({{1, 41}, {2, 20}})), 1) << "39 of land";
}

TEST(MaskLabelsTest, TheLargestOfEqualsIsTheFirst) {
  EXPECT_EQ(one({.from = "masks"}, mask({{1, 50}})), 0);
  EXPECT_EQ(one({.from = "masks"}, mask({{1, 51}})), 1);
}

TEST(MaskLabelsTest, PresenceIsAShareOfTheLabelledPixels) {
  const LabelConfig config{.from = "masks", .share = {0.1}, .rule = "present"};
  EXPECT_EQ(one(config, mask({{1, 9}})), 0);
  EXPECT_EQ(one(config, mask({{1, 10}})), 1);
  EXPECT_EQ(one(config, mask({{1, 9}, {kNone, 10}})), 1) << "9 of 90";
  EXPECT_EQ(one(config, mask({{1, 10}, {2, 11}})), 2) << "the larger of those that are there";
}

TEST(MaskLabelsTest, SeveralLabelsHaveSharesOfTheirOwn) {
  const LabelConfig config{.from = "masks", .share = {0.5, 0.1, 0.3}};
  const auto found = [&](const torch::Tensor& target) {
    const torch::Tensor labels = label(config, Task::kMultilabelClassification, target);
    EXPECT_EQ(labels.scalar_type(), torch::kUInt8);
    return std::vector<int>{labels[0].item<int>(), labels[1].item<int>(), labels[2].item<int>()};
  };
  EXPECT_EQ(found(mask({{1, 10}, {2, 30}})), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(found(mask({{1, 9}, {2, 29}})), (std::vector<int>{1, 0, 0}));
  EXPECT_EQ(found(mask({{kNone, 100}})), (std::vector<int>{255, 255, 255})) << "nothing is known";
}

TEST(MaskLabelsTest, AShareOfNothingIsAnyPixelButNotNone) {
  const LabelConfig config{.from = "masks", .masks = "multilabel", .share = {0}};
  torch::Tensor planes = torch::zeros({3, 10, 10}, torch::kUInt8);
  planes[1][4][4] = 1;
  planes[2].fill_(kNone);
  const torch::Tensor labels = label(config, Task::kMultilabelClassification, planes);
  EXPECT_TRUE(labels.equal(torch::tensor({0, 1, 255}).to(torch::kUInt8))) << labels;
}

TEST(MaskLabelsTest, ImagesWithTooFewLabelledPixelsDoNotCount) {
  const LabelConfig config{.from = "masks", .labelled = 0.5};
  EXPECT_EQ(one(config, mask({{kNone, 51}})), kIgnore);
  EXPECT_EQ(one(config, mask({{kNone, 50}})), 0);
  EXPECT_EQ(one({.from = "masks"}, mask({{kNone, 100}})), kIgnore);
}

TEST(MaskLabelsTest, WhatDoesNotFitIsSaid) {
  EXPECT_TRUE(message_of<ConfigError>([] {
                make_mask_labels({.share = {0.1, 0.2}}, spec(Task::kClassification));
              }).find("2 values for 3 classes") != std::string::npos);
  EXPECT_THROW(make_mask_labels({}, spec(Task::kMulticlass)), ConfigError);
}

}  // namespace
}  // namespace nadir
