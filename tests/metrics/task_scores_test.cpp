// Counts of several labels, metrics by name, and states that add.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "nadir/metrics.h"

namespace nadir {
namespace {

double value_of(const TaskScores& scores, const std::string& name) {
  for (const auto& [each, value] : scores.values()) {
    if (each == name) return value;
  }
  throw std::logic_error("no " + name);
}

Component metric(const std::string& name) { return {name, metrics().resolve(name, ConfigNode::map())}; }

TEST(LabelCountsTest, ScoresEachClassOnItsOwn) {
  const torch::Tensor truth = torch::tensor({1, 1, 0, 0, 0, 1, 255, 0}, torch::kUInt8).view({1, 2, 1, 4});
  const torch::Tensor said = torch::tensor({1, 0, 1, 0, 0, 1, 1, 0}, torch::kUInt8).view({1, 2, 1, 4});
  LabelCounts counts(2);
  counts.add(truth, said);
  const Scores s = scores(counts);
  EXPECT_DOUBLE_EQ(s.per_class[0].iou, 1.0 / 3);
  EXPECT_DOUBLE_EQ(s.per_class[0].precision, 0.5);
  EXPECT_DOUBLE_EQ(s.per_class[1].dice, 1);
  EXPECT_EQ(s.per_class[1].support, 1);
  EXPECT_DOUBLE_EQ(s.pixel_accuracy, 5.0 / 7);  // one of the eight decisions is ignored
  EXPECT_DOUBLE_EQ(s.mean_iou, 2.0 / 3);
  // scikit-learn's cohen_kappa_score of the seven decisions
  EXPECT_NEAR(s.kappa, 0.4166666666666667, 1e-12);
  EXPECT_THROW(counts.add(truth.select(1, 0), said.select(1, 0)), std::logic_error);
  EXPECT_TRUE(std::isnan(scores(LabelCounts(2)).mean_iou));
}

TEST(BoundaryF1Test, CountsOutlinesWithinTheTolerance) {
  // A square of 6 x 6 pixels, found three columns to the right of where it is.
  const auto square = [](std::int64_t column) {
    torch::Tensor mask = torch::zeros({1, 20, 20}, torch::kUInt8);
    mask.narrow(1, 5, 6).narrow(2, column, 6).fill_(1);
    return mask;
  };
  const auto f1 = [&](std::int64_t shift, std::int64_t tolerance) {
    const ConfigNode options =
        write_fields([&](FieldVisitor& visit) { visit.field("tolerance", tolerance); });
    TaskScores scores({Task::kMulticlass, {"ground", "square"}, {}}, {{"boundary_f1", options}});
    const torch::Tensor found = square(5 + shift);
    scores.add(torch::stack({1 - found, found}, 1).to(torch::kFloat32), square(5));
    return value_of(scores, "boundary_f1/square");
  };
  EXPECT_EQ(f1(0, 0), 1);
  EXPECT_EQ(f1(3, 3), 1);
  // By hand: of the 20 outline pixels, the 2 x 3 on the shared rows lie on the other outline.
  EXPECT_DOUBLE_EQ(f1(3, 0), 6.0 / 20);
  EXPECT_LT(f1(3, 2), 1);
}

TEST(BoundaryF1Test, IgnoredPixelsAndEdgesAreNoOutline) {
  TaskScores scores({Task::kMulticlass, {"a", "b"}, {}}, {metric("boundary_f1")});
  torch::Tensor truth = torch::zeros({1, 8, 8}, torch::kUInt8);
  truth.narrow(2, 4, 4).fill_(255);
  scores.add(torch::stack({torch::ones({1, 8, 8}), torch::zeros({1, 8, 8})}, 1), truth);
  EXPECT_TRUE(std::isnan(value_of(scores, "boundary_f1/a")));
  EXPECT_TRUE(std::isnan(value_of(scores, "mean_boundary_f1")));
}

std::vector<Component> all_metrics(Task task) {
  std::vector<Component> found;
  for (const std::string& name : metrics().names()) {
    const Component each{name, metrics().resolve(name, {})};
    try {
      TaskScores({task, {"a", "b", "c"}, {}}, {each});
      found.push_back(each);
    } catch (const ConfigError&) {  // is for other tasks
    }
  }
  EXPECT_GE(found.size(), labels_images(task) ? 1U : 5U);
  return found;
}

class TaskScoresTest : public testing::TestWithParam<Task> {
 protected:
  MetricContext context_{GetParam(), {"a", "b", "c"}, {}};
  // [2, classes, 9, 7], or [30, classes] of whole images
  static std::vector<std::int64_t> shape(bool classes) {
    std::vector<std::int64_t> sizes =
        labels_images(GetParam()) ? std::vector<std::int64_t>{30} : std::vector<std::int64_t>{2, 9, 7};
    if (classes) sizes.insert(sizes.begin() + 1, 3);
    return sizes;
  }
  static torch::Tensor logits(std::uint64_t seed) {
    torch::manual_seed(seed);
    return torch::randn(shape(true));
  }
  static torch::Tensor truth(std::uint64_t seed) {
    torch::manual_seed(100 + seed);
    const bool several = is_multilabel(GetParam());
    return torch::randint(0, several ? 2 : 3, shape(several)).to(torch::kUInt8);
  }
};

TEST_P(TaskScoresTest, StatesAddAndGoOn) {
  const std::vector<Component> names = all_metrics(GetParam());
  TaskScores whole(context_, names), first(context_, names), second(context_, names);
  for (std::uint64_t i = 0; i < 4; ++i) {
    whole.add(logits(i), truth(i));
    (i < 2 ? first : second).add(logits(i), truth(i));
  }
  TaskScores resumed(context_, names);
  resumed.load_state(first.state());
  for (std::uint64_t i = 2; i < 4; ++i) resumed.add(logits(i), truth(i));
  EXPECT_EQ(resumed.state(), whole.state());
  first.add(second);
  const auto merged = first.values(), expected = whole.values();
  ASSERT_EQ(merged.size(), expected.size());
  for (std::size_t i = 0; i < merged.size(); ++i) {
    EXPECT_NEAR(merged[i].second, expected[i].second, 1e-12) << merged[i].first;
  }
  EXPECT_THROW(first.load_state(std::vector<double>(3)), ModelError);
}

TEST_P(TaskScoresTest, APerfectPredictionScoresOne) {
  TaskScores scores(context_, all_metrics(GetParam()));
  const torch::Tensor target = truth(0);
  torch::Tensor there = target;
  if (!is_multilabel(GetParam())) there = torch::one_hot(target.to(torch::kInt64), 3).movedim(-1, 1);
  scores.add(there.to(torch::kFloat32) * 80 - 40, target);
  for (const auto& [name, value] : scores.values()) EXPECT_NEAR(value, 1, 1e-6) << name;
}

INSTANTIATE_TEST_SUITE_P(Tasks, TaskScoresTest,
                         testing::Values(Task::kMulticlass, Task::kMultilabel, Task::kClassification,
                                         Task::kMultilabelClassification),
                         [](const auto& info) { return to_string(info.param); });

}  // namespace
}  // namespace nadir
