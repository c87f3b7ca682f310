#include "train/submission.h"

#include <gtest/gtest.h>

#include "data_test/messages.h"

namespace nadir {
namespace {

TEST(SubmissionTest, AreasAreConnectedAlsoAtTheirCorners) {
  const torch::Tensor mask = torch::tensor({1, 0, 0, 1, 1,  //
                                            0, 1, 0, 0, 0,  //
                                            0, 0, 0, 1, 0,  //
                                            1, 1, 0, 0, 1})
                                 .to(torch::kUInt8)
                                 .view({4, 5});
  const MaskAreas areas = find_areas(mask);
  EXPECT_EQ(areas.sizes, (std::vector<std::int64_t>{2, 2, 2, 2}));
  EXPECT_EQ(areas.labels[3][4].item<int>(), areas.labels[2][3].item<int>());
  EXPECT_NE(areas.labels[0][0].item<int>(), areas.labels[0][3].item<int>());
  EXPECT_TRUE(areas.labels.eq(0).equal(mask.eq(0)));
}

TEST(SubmissionTest, ASpiralIsOneArea) {
  // Its arms meet late: numbers given on the way have to become one.
  const torch::Tensor mask = torch::tensor({1, 1, 1, 1, 1, 1, 1,  //
                                            0, 0, 0, 0, 0, 0, 1,  //
                                            1, 1, 1, 1, 1, 0, 1,  //
                                            1, 0, 0, 0, 1, 0, 1,  //
                                            1, 0, 1, 1, 1, 0, 1,  //
                                            1, 0, 0, 0, 0, 0, 1,  //
                                            1, 1, 1, 1, 1, 1, 1})
                                 .to(torch::kUInt8)
                                 .view({7, 7});
  EXPECT_EQ(find_areas(mask).sizes, (std::vector<std::int64_t>{mask.sum().item<std::int64_t>()}));
  EXPECT_TRUE(find_areas(torch::zeros({3, 3}, torch::kUInt8)).sizes.empty());
}

TEST(SubmissionTest, RulesAreReadBackAndRefusedForOtherClasses) {
  const std::vector<ClassInfo> classes = {{.name = "Fish"}, {.name = "Sugar"}};
  const SubmissionRule rule{.threshold = {0.5, 0.7}, .min_size = {0, 5000}, .dice = {0.25, 0.75}};
  const std::string json = rule_to_json(rule, classes);
  EXPECT_TRUE(has(json, {"\"mean_dice\": 0.5", "350", "525"}));
  const SubmissionRule read = rule_from_json(json, "submit.json", classes);
  EXPECT_EQ(read.threshold, rule.threshold);
  EXPECT_EQ(read.min_size, rule.min_size);
  EXPECT_TRUE(has(message_of<DataError>([&] { rule_from_json(json, "submit.json", {{.name = "Fish"}}); }),
                  {"submit.json", "Fish and Sugar", "--tune"}));
  EXPECT_TRUE(
      has(message_of<DataError>([&] { rule_from_json("{", "submit.json", classes); }), {"submit.json"}));
}

}  // namespace
}  // namespace nadir
