#include <gtest/gtest.h>

#include <cmath>

#include "nadir/metrics.h"

namespace nadir {
namespace {

ConfusionMatrix matrix_of(std::int64_t classes, const std::vector<std::int64_t>& truth,
                          const std::vector<std::int64_t>& prediction) {
  ConfusionMatrix matrix(classes);
  matrix.add(torch::tensor(truth, torch::kInt64), torch::tensor(prediction, torch::kInt64));
  return matrix;
}

TEST(ScoresTest, AClassThatIsNowhereIsNaNAndLeftOutOfTheMeans) {
  const Scores found = scores(matrix_of(3, {0, 0, 1, 1}, {0, 0, 1, 1}));
  EXPECT_TRUE(std::isnan(found.per_class[2].iou));
  EXPECT_TRUE(std::isnan(found.per_class[2].dice));
  EXPECT_TRUE(std::isnan(found.per_class[2].precision));
  EXPECT_TRUE(std::isnan(found.per_class[2].recall));
  EXPECT_EQ(found.mean_iou, 1);
  EXPECT_EQ(found.mean_dice, 1);
  EXPECT_EQ(found.mean_accuracy, 1);
}

TEST(ScoresTest, AClassThatIsOnlyPredictedCountsZero) {
  const Scores found = scores(matrix_of(3, {0, 0, 1, 1}, {0, 2, 1, 1}));
  EXPECT_EQ(found.per_class[2].iou, 0);
  EXPECT_TRUE(std::isnan(found.per_class[2].recall));
  EXPECT_NEAR(found.mean_iou, (0.5 + 1 + 0) / 3, 1e-12);
}

TEST(ScoresTest, NothingCountedIsNaNThroughout) {
  const Scores found = scores(ConfusionMatrix(2));
  for (const auto& [name, value] : named_scores(found, {"land", "water"}))
    EXPECT_TRUE(std::isnan(value)) << name;
}

TEST(ScoresTest, NamesAreWhatMonitorAndTablesUse) {
  const Scores found = scores(matrix_of(2, {0, 0, 0, 1}, {0, 0, 1, 1}));
  const auto named = named_scores(found, {"land", "water"});
  const auto value = [&](const std::string& name) {
    for (const auto& [each, score] : named) {
      if (each == name) return score;
    }
    return -1.0;
  };
  EXPECT_EQ(value("pixel_accuracy"), 0.75);
  EXPECT_NEAR(value("iou/land"), 2 / 3.0, 1e-12);
  EXPECT_EQ(value("iou/water"), 0.5);
  EXPECT_EQ(value("precision/water"), 0.5);
  EXPECT_EQ(value("recall/water"), 1);
  EXPECT_NEAR(value("dice/land"), 0.8, 1e-12);
  EXPECT_EQ(value("kappa"), 0.5);
  EXPECT_THROW(named_scores(found, {"land"}), std::logic_error);
}

TEST(ClassificationReportTest, LongNamesWidenTheTable) {
  const ConfusionMatrix matrix = matrix_of(2, {0, 1, 1}, {0, 1, 0});
  const std::string text = to_text(classification_report(matrix, {"a very long class name", "b"}), 3);
  EXPECT_NE(text.find("a very long class name      0.500     1.000     0.667         1\n"), std::string::npos)
      << text;
  EXPECT_THROW(classification_report(matrix, {"a"}), std::logic_error);
}

}  // namespace
}  // namespace nadir
