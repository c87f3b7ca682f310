// Scores of whole images: known answers of scikit-learn 1.5 and of the definitions.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/metrics.h"

namespace nadir {
namespace {

torch::Tensor bytes(const std::vector<int>& values, at::IntArrayRef shape) {
  return torch::tensor(values).to(torch::kUInt8).view(shape);
}

double value_of(const std::vector<std::pair<std::string, double>>& values, const std::string& name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no score " << name;
  return -1;
}

// classification_report(t, p, target_names=…, zero_division=0, digits=4), without its row "samples avg".
TEST(LabelReportTest, IsScikitLearnsWithTheMicroAverage) {
  LabelCounts counts(3);
  counts.add(bytes({1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0}, {6, 3}),
             bytes({1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0}, {6, 3}));
  EXPECT_EQ(to_text(classification_report(counts, {"sea", "beach", "ice"}), 4),
            "              precision    recall  f1-score   support\n"
            "\n"
            "         sea     0.7500    1.0000    0.8571         3\n"
            "       beach     0.6667    0.6667    0.6667         3\n"
            "         ice     0.0000    0.0000    0.0000         1\n"
            "\n"
            "   micro avg     0.7143    0.7143    0.7143         7\n"
            "   macro avg     0.4722    0.5556    0.5079         7\n"
            "weighted avg     0.6071    0.7143    0.6531         7\n");
}

// balanced_accuracy_score(t[:, k], p[:, k]) of the labels above is 5/6, 2/3 and 1/2, whose mean is 2/3: a
// label has two classes, there and not there. One that is never or always there has one class, whose recall
// counts.
TEST(LabelReportTest, BalancedAccuracyIsScikitLearns) {
  const auto balanced = [](const std::vector<LabelCounts::Counts>& counts) {
    const std::vector<std::string> names(counts.size(), "label");
    const LabelCounts labels(counts);
    return value_of(named_scores(classification_report(labels, names), scores(labels)), "balanced_accuracy");
  };
  const LabelCounts::Counts sea{3, 1, 0, 2}, beach{2, 1, 1, 2}, ice{0, 0, 1, 5};
  EXPECT_DOUBLE_EQ(balanced({sea}), 5.0 / 6);
  EXPECT_DOUBLE_EQ(balanced({beach}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(balanced({ice}), 0.5);
  EXPECT_DOUBLE_EQ(balanced({sea, beach, ice}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(balanced({{0, 2, 0, 6}}), 0.75);
  EXPECT_DOUBLE_EQ(balanced({{3, 0, 1, 0}}), 0.75);
}

class ImageScoresTest : public testing::Test {
 protected:
  // top_k_accuracy_score gives 0.25 for k = 1 and 0.75 for k = 2.
  torch::Tensor logits_ =
      torch::tensor({{.1, .6, .3}, {.5, .2, .3}, {.2, .3, .5}, {.4, .35, .25}, {9., 0., 0.}}).log();
  torch::Tensor truth_ = torch::tensor({1, 2, 0, 1, 255});  // the last does not count
};

TEST_F(ImageScoresTest, TopKIsScikitLearns) {
  TaskScores scores({Task::kClassification, {"a", "b", "c"}, {}},
                    {{"top_k", parse_yaml("{k: 1}", "test")}, {"top_k", parse_yaml("{k: 2}", "test")}});
  scores.add(logits_, truth_);
  const auto values = scores.values();
  EXPECT_EQ(value_of(values, "top_1_accuracy"), 0.25);
  EXPECT_EQ(value_of(values, "top_2_accuracy"), 0.75);
  EXPECT_EQ(value_of(values, "accuracy"), 0.25);
}

TEST_F(ImageScoresTest, ColumnsAreThoseOfTheReportAndOfRanks) {
  TaskScores scores({Task::kClassification, {"a", "b", "c"}, {}}, {});
  scores.add(logits_, truth_);
  const ClassificationReport report = scores.report();
  const auto values = scores.values();
  EXPECT_EQ(value_of(values, "macro_f1"), report.macro.f1);
  EXPECT_EQ(value_of(values, "weighted_recall"), report.weighted.recall);
  EXPECT_EQ(value_of(values, "f1/b"), report.classes[1].f1);
  EXPECT_GT(value_of(values, "mean_pr_auc"), 0);
  EXPECT_EQ(report.macro.support, 4);
}

TEST_F(ImageScoresTest, MetricsOfMapsAreRefused) {
  EXPECT_THROW(TaskScores({Task::kClassification, {"a", "b"}, {}},
                          {{"boundary_f1", metrics().resolve("boundary_f1", {})}}),
               ConfigError);
  EXPECT_THROW(TaskScores({Task::kMulticlass, {"a", "b"}, {}}, {{"top_k", metrics().resolve("top_k", {})}}),
               ConfigError);
}

TEST_F(ImageScoresTest, LabelsThatDoNotCountLeaveNoTrace) {
  const torch::Tensor truth = bytes({1, 255, 0, 1}, {2, 2});
  TaskScores scores({Task::kMultilabelClassification, {"a", "b"}, {0.5}}, {});
  scores.add(torch::tensor({{4.F, 4.F}, {-4.F, 4.F}}), truth);
  EXPECT_EQ(scores.labels().total(), 3);
  EXPECT_EQ(value_of(scores.values(), "accuracy"), 1);
}

// Guo et al. 2017, equation 3, by hand: eight predictions of 0.9 with 6 right and two of 0.6 with 2 right:
// 8/10 |6/8 - 0.9| + 2/10 |2/2 - 0.6| = 0.2.
TEST(CalibrationTest, ExpectedErrorByHand) {
  const torch::Tensor p = torch::cat({torch::tensor({{0.1, 0.9}}, torch::kFloat64).repeat({8, 1}),
                                      torch::tensor({{0.6, 0.4}}, torch::kFloat64).repeat({2, 1})});
  Calibration calibration(10);
  calibration.add(p, torch::tensor({1, 1, 1, 1, 1, 1, 0, 0, 0, 0}));
  EXPECT_NEAR(calibration.ece(), 0.2, 1e-7);
  EXPECT_NEAR(calibration.largest_error(), 0.4, 1e-7);
  const auto bins = calibration.bins();
  EXPECT_EQ(bins[5].count, 2);  // (0.5, 0.6]
  EXPECT_EQ(bins[8].count, 8);
  EXPECT_TRUE(std::isnan(bins[0].accuracy));
}

TEST(CalibrationTest, ProbabilitiesThatAreTrueHaveNoError) {
  // Of each label a quarter is there, and a quarter is what is said.
  Calibration labels;
  labels.add(torch::full({4, 2}, 0.25), bytes({1, 0, 0, 1, 0, 0, 0, 0}, {4, 2}));
  EXPECT_NEAR(labels.ece(), 0, 1e-12);
  Calibration none;
  EXPECT_TRUE(std::isnan(none.ece()));
  none.add(torch::full({1, 2}, 0.5), torch::tensor({255}));
  EXPECT_TRUE(std::isnan(none.ece()));
  EXPECT_THROW(none.add(torch::full({1, 2}, 1.5), torch::tensor({1})), std::logic_error);
}

}  // namespace
}  // namespace nadir
