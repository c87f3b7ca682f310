// Scores of scikit-learn, torchmetrics and the studies' own formulas: tests/data/goldens/metrics.json.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <map>
#include <set>

#include "golden.h"
#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

using nlohmann::json;

const json& expected() {
  static const json all = golden::read(golden::folder() / "metrics.json");
  return all["expected"];
}

std::vector<std::int64_t> shape_of(const json& input) { return input["shape"]; }

// "relative 1e-6 (1e-5 for torchmetrics' float32 and soft metrics)"
constexpr double kHard = 1e-6;
constexpr double kSoft = 1e-5;

void expect_value(double actual, const json& value, double relative, const std::string& what) {
  if (value.is_string()) {
    ASSERT_EQ(value, "nan") << what;
    EXPECT_TRUE(std::isnan(actual)) << what << " is " << actual;
  } else {
    EXPECT_NEAR(actual, value.get<double>(), relative * std::abs(value.get<double>())) << what;
  }
}

void expect_counts(const ConfusionMatrix& matrix, const json& rows) {
  for (std::int64_t t = 0; t < matrix.classes(); ++t) {
    for (std::int64_t p = 0; p < matrix.classes(); ++p) {
      EXPECT_EQ(matrix.count(t, p), rows[static_cast<std::size_t>(t)][static_cast<std::size_t>(p)])
          << t << "," << p;
    }
  }
}

torch::Tensor truth_map() { return golden::labels("metrics.truth", {3, 10, 14}, 6).clamp_max(3); }

torch::Tensor prediction_map() {
  const torch::Tensor other = golden::labels("metrics.pred", {3, 10, 14}, 6).clamp_max(4);
  return torch::where(golden::units("metrics.agree", {3, 10, 14}) < 0.7, truth_map(), other);
}

torch::Tensor truth_named(const std::string& name) {
  if (name == "maps") return truth_map();
  return truth_map().masked_fill(golden::units("metrics.ignore", {3, 10, 14}) < 0.12, kIgnore);
}

ConfusionMatrix matrix_of(const torch::Tensor& truth, const torch::Tensor& prediction, std::int64_t classes) {
  ConfusionMatrix matrix(classes);
  matrix.add(truth, prediction);
  return matrix;
}

// The file's other ways to take a mean, from our values of each class.
double mean_over_truth(const Scores& scores, double ClassScores::*field) {
  double sum = 0;
  int count = 0;
  for (const ClassScores& each : scores.per_class) {
    if (each.support == 0) continue;
    sum += each.*field;
    ++count;
  }
  return sum / count;
}

void expect_class_scores(const Scores& found, const json& golden_scores) {
  const std::map<std::string, double ClassScores::*> fields = {{"iou", &ClassScores::iou},
                                                               {"dice", &ClassScores::dice},
                                                               {"precision", &ClassScores::precision},
                                                               {"recall", &ClassScores::recall}};
  for (std::size_t k = 0; k < found.per_class.size(); ++k) {
    for (const auto& [name, field] : fields) {
      expect_value(found.per_class[k].*field, golden_scores[name][k], kHard, name + " " + std::to_string(k));
    }
    EXPECT_EQ(found.per_class[k].support, golden_scores["support"][k]);
  }
}

TEST(MetricGoldenTest, ConfusionMatrixAndScoresAreScikitLearns) {
  for (const std::string name : {"maps", "maps_ignore"}) {
    const json& golden_case = expected()[name];
    const ConfusionMatrix matrix = matrix_of(truth_named(name), prediction_map(), 6);
    expect_counts(matrix, golden_case["confusion_matrix (row = truth, column = prediction)"]);
    EXPECT_EQ(matrix.total(), golden_case["valid_pixels"]);
    const Scores found = scores(matrix);
    expect_class_scores(found, golden_case["per_class"]);
    expect_value(found.pixel_accuracy, golden_case["pixel_accuracy"], kHard, name);
    expect_value(found.mean_iou, golden_case["mean_iou"]["classes in truth or prediction"], kHard, name);
    expect_value(found.mean_dice, golden_case["mean_dice"]["classes in truth or prediction"], kHard, name);
    expect_value(mean_over_truth(found, &ClassScores::iou), golden_case["mean_iou"]["classes in truth"],
                 kHard, name);
    expect_value(mean_over_truth(found, &ClassScores::dice), golden_case["mean_dice"]["classes in truth"],
                 kHard, name);
    expect_value(found.mean_accuracy, golden_case["mean_class_accuracy"]["classes in truth"], kHard, name);
    expect_value(found.frequency_weighted_iou, golden_case["frequency_weighted_iou"], kHard, name);
    expect_value(found.kappa, golden_case["cohen_kappa"], kHard, name);
    expect_value(found.matthews, golden_case["matthews"], kHard, name);
    const json& references = golden_case["references"];
    expect_value(found.mean_iou, references["torchmetrics JaccardIndex macro"], kSoft, name);
    expect_value(found.mean_dice, references["torchmetrics F1 macro"], kSoft, name);
    expect_value(found.pixel_accuracy, references["torchmetrics Accuracy micro"], kSoft, name);
  }
}

TEST(MetricGoldenTest, FeedingImagesOneByOneOrMergingGivesTheWhole) {
  const json& golden_case = expected()["streaming"];
  const torch::Tensor truth = truth_map();
  const torch::Tensor prediction = prediction_map();
  ConfusionMatrix streamed(6);
  ConfusionMatrix merged(6);
  double mean_of_images = 0;
  for (std::int64_t i = 0; i < truth.size(0); ++i) {
    streamed.add(truth[i], prediction[i]);
    const ConfusionMatrix image = matrix_of(truth[i], prediction[i], 6);
    merged.add(image);
    const double mean_iou = scores(image).mean_iou;
    expect_value(mean_iou, golden_case["mean_iou of each image"][static_cast<std::size_t>(i)], kHard,
                 "image");
    mean_of_images += mean_iou / static_cast<double>(truth.size(0));
  }
  EXPECT_EQ(streamed.counts(), matrix_of(truth, prediction, 6).counts());
  EXPECT_EQ(merged.counts(), streamed.counts());
  expect_value(scores(streamed).mean_iou, golden_case["mean_iou whole"], kHard, "whole");
  expect_value(mean_of_images,
               golden_case["mean over images of the image's own mean_iou (NOT the same number)"], kHard,
               "mean over images");
}

torch::Tensor soft_logits(const json& input, double size) {
  return ((2 * golden::units(input["name"], shape_of(input)) - 1) * size)
      .to(torch::kFloat32)
      .to(torch::kFloat64);
}

TEST(MetricGoldenTest, Study002sSoftDiceAndIouAreItsOwn) {
  const json& golden_case = expected()["seed002_validation"];
  const torch::Tensor p = soft_logits(golden_case["inputs"]["logits"], 4).softmax(1);
  const torch::Tensor truth =
      golden::labels("metrics.soft.target", shape_of(golden_case["inputs"]["target"]), 4);
  SoftOverlap epoch;
  std::int64_t first = 0;
  for (const json& batch : golden_case["per_batch"]) {
    const std::int64_t end = first + batch["size"].get<std::int64_t>();
    SoftOverlap alone;
    alone.add(p.slice(0, first, end), truth.slice(0, first, end));
    expect_value(alone.dice(), batch["dice"], kSoft, "batch dice");
    expect_value(alone.iou(), batch["iou"], kSoft, "batch iou");
    epoch.add(alone);
    first = end;
  }
  expect_value(epoch.dice(), golden_case["validation_DICE_coefficient"], kSoft, "dice");
  expect_value(epoch.iou(), golden_case["validation_IoU_coefficient"], kSoft, "iou");
  SoftOverlap whole;
  whole.add(p, truth);
  expect_value(whole.dice(), golden_case["all images as one batch"]["dice"], kSoft, "whole dice");
  expect_value(whole.iou(), golden_case["all images as one batch"]["iou"], kSoft, "whole iou");
  const ConfusionMatrix hard = matrix_of(truth, p.argmax(1), 4);
  expect_value(scores(hard).mean_iou, golden_case["hard mean_iou of the argmax (what others call mIoU)"],
               kHard, "hard");
}

TEST(MetricGoldenTest, Study003sScoresAreItsOwn) {
  const json& golden_case = expected()["seed003_evaluation"];
  const torch::Tensor p = soft_logits(golden_case["inputs"]["logits"], 3).softmax(1);
  const torch::Tensor truth =
      golden::labels("metrics.two.target", shape_of(golden_case["inputs"]["target"]), 2);
  const Study003Scores found = study003_scores(matrix_of(truth, p.argmax(1), 2));
  expect_value(found.accuracy, golden_case["accuracy"], kHard, "accuracy");
  expect_value(found.mean_iou, golden_case["mean_iou"], kHard, "mean iou");
  expect_value(found.mean_dice, golden_case["dice"], kHard, "dice");
  for (std::size_t k = 0; k < 2; ++k) {
    expect_value(found.iou[k], golden_case["per_class_iou"][k], kHard, "iou");
    expect_value(found.dice[k], golden_case["per_class_dice"][k], kHard, "dice");
  }
  // The file says the case without its size: a perfect map whose IoU is n / (n + 1e-7).
  const json& absent = golden_case["absent_class"];
  const Study003Scores nothing =
      study003_scores(matrix_of(torch::zeros({6}, torch::kInt64), torch::zeros({6}, torch::kInt64), 2));
  expect_value(nothing.iou[0], absent["seed's IoU"][0], kHard, "present iou");
  expect_value(nothing.iou[1], absent["seed's IoU"][1], kHard, "absent iou");
  expect_value(nothing.dice[0], absent["seed's Dice"][0], kHard, "present dice");
  expect_value(nothing.dice[1], absent["seed's Dice"][1], kHard, "absent dice");
}

TEST(MetricGoldenTest, CompetitionDiceCountsEveryImageAndClass) {
  const json& golden_case = expected()["competition_dice"];
  const std::vector<std::int64_t> shape = shape_of(golden_case["inputs"]["truth"]);
  const torch::Tensor truth = golden::units("metrics.kaggle.truth", shape) < 0.35;
  const torch::Tensor agree = golden::units("metrics.kaggle.agree", shape) < 0.8;
  const torch::Tensor prediction = torch::where(agree, truth, truth.logical_not());
  truth[0][1].fill_(false);
  prediction[0][1].fill_(false);
  truth[1][2].fill_(false);
  prediction[2][3].fill_(false);
  CompetitionDice streamed;
  for (std::int64_t i = 0; i < truth.size(0); ++i) {
    CompetitionDice image;
    for (std::int64_t k = 0; k < truth.size(1); ++k) {
      CompetitionDice pair;
      pair.add(truth[i][k].unsqueeze(0).unsqueeze(0), prediction[i][k].unsqueeze(0).unsqueeze(0));
      expect_value(pair.score(),
                   golden_case["pairs"][static_cast<std::size_t>(i)][static_cast<std::size_t>(k)], kHard,
                   "pair " + std::to_string(i) + "," + std::to_string(k));
      image.add(pair);
    }
    streamed.add(image);
  }
  CompetitionDice whole;
  whole.add(truth, prediction);
  expect_value(whole.score(), golden_case["score"], kHard, "score");
  expect_value(streamed.score(), golden_case["score"], kHard, "streamed score");
}

TEST(MetricGoldenTest, PotsdamJaccardIsSoftAndPooled) {
  const json& golden_case = expected()["potsdam_jaccard"];
  const torch::Tensor p = soft_logits(golden_case["inputs"]["logits"], 3).softmax(1);
  const torch::Tensor truth =
      golden::labels("metrics.potsdam.target", shape_of(golden_case["inputs"]["target"]), 6);
  SoftOverlap soft(1);
  soft.add(p, truth);
  expect_value(soft.iou(), golden_case["soft"], kSoft, "soft");
  const torch::Tensor guess = p.argmax(1);
  SoftOverlap hard(1);
  hard.add(guess.unsqueeze(1).eq(torch::arange(6).view({1, 6, 1, 1})), truth);
  expect_value(hard.iou(), golden_case["on the one-hot argmax"], kSoft, "one-hot");
  expect_value(scores(matrix_of(truth, guess, 6)).pixel_accuracy, golden_case["accuracy"], kHard, "accuracy");
}

struct Ranked {
  torch::Tensor truth, score;
};

Ranked ranked_inputs() {
  const torch::Tensor truth = (golden::units("metrics.pr.truth", {50, 4}) < 0.4).to(torch::kInt64);
  const torch::Tensor score =
      ((0.5 * golden::units("metrics.pr.score", {50, 4}) + 0.35 * truth) * 32).floor() / 32;
  return {truth, score};
}

TEST(MetricGoldenTest, PrecisionRecallAreasAreScikitLearns) {
  const json& golden_case = expected()["pr_auc"];
  const auto [truth, score] = ranked_inputs();
  const json& trapezoid =
      golden_case["trapezoid (seed 000: sklearn.metrics.auc(recall, precision) of precision_recall_curve)"];
  const json& average = golden_case["average_precision (sklearn: sum of (R_k - R_k-1) P_k)"];
  double mean_trapezoid = 0;
  double mean_average = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const auto column = static_cast<std::int64_t>(k);
    RankCurve first;
    first.add(truth.select(1, column).slice(0, 0, 20), score.select(1, column).slice(0, 0, 20));
    RankCurve curve;
    curve.add(truth.select(1, column).slice(0, 20), score.select(1, column).slice(0, 20));
    curve.add(first);
    expect_value(curve.pr_auc(), trapezoid[k], kHard, "trapezoid");
    expect_value(curve.average_precision(), average[k], kHard, "average precision");
    expect_value(curve.roc_auc(), golden_case["roc_auc"][k], kHard, "roc auc");
    mean_trapezoid += curve.pr_auc() / 4;
    mean_average += curve.average_precision() / 4;
  }
  expect_value(mean_trapezoid, golden_case["trapezoid mean"], kHard, "mean");
  expect_value(mean_average, golden_case["average_precision mean"], kHard, "mean");
}

TEST(MetricGoldenTest, PrecisionRecallPointsAreScikitLearns) {
  const json& golden_curve = expected()["pr_auc"]["curve of class 0"];
  const auto [truth, score] = ranked_inputs();
  RankCurve curve;
  curve.add(truth.select(1, 0), score.select(1, 0));
  const std::vector<RankCurve::Point> points = curve.curve();
  ASSERT_EQ(points.size(), golden_curve["precision"].size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    expect_value(points[i].precision, golden_curve["precision"][i], kHard, "precision");
    expect_value(points[i].recall, golden_curve["recall"][i], kHard, "recall");
    if (i < golden_curve["thresholds"].size()) {
      expect_value(points[i].threshold, golden_curve["thresholds"][i], kHard, "threshold");
    }
  }
}

TEST(MetricGoldenTest, PrecisionRecallEdgesAreThoseOfTheFileAndNoPositiveIsUndefined) {
  const json& edges = expected()["pr_auc"]["edge"];
  const auto curve_of = [](const std::vector<std::int64_t>& truth, const std::vector<double>& score) {
    RankCurve curve;
    curve.add(torch::tensor(truth, torch::kInt64), torch::tensor(score, torch::kFloat64));
    return curve;
  };
  const auto expect_edge = [&](const RankCurve& curve, const char* name) {
    expect_value(curve.pr_auc(), edges[name]["trapezoid"], kHard, name);
    expect_value(curve.average_precision(), edges[name]["average_precision"], kHard, name);
  };
  expect_edge(curve_of({1, 0, 0, 1, 0}, {0.5, 0.5, 0.5, 0.5, 0.5}), "all scores equal, 2 of 5 true");
  expect_edge(curve_of({1, 1, 0, 0}, {0.9, 0.8, 0.2, 0.1}), "perfect order");
  expect_edge(curve_of({0, 0, 1, 1}, {0.9, 0.8, 0.2, 0.1}), "reversed order");
  const RankCurve none = curve_of({0, 0, 0}, {0.1, 0.5, 0.9});
  EXPECT_TRUE(std::isnan(none.pr_auc()));
  EXPECT_TRUE(std::isnan(none.average_precision()));
  EXPECT_TRUE(std::isnan(none.roc_auc()));
}

TEST(MetricGoldenTest, Study000sPatienceIsLostWhereItsFileSays) {
  const json& golden_case = expected()["pr_auc_patience"];
  const std::vector<double> history = golden_case["history"];
  std::vector<std::int64_t> lost3;
  std::int64_t first5 = 0;
  for (std::size_t epoch = 1; epoch <= history.size(); ++epoch) {
    const std::span<const double> so_far(history.data(), epoch);
    if (study000_patience_lost(so_far, 3)) lost3.push_back(static_cast<std::int64_t>(epoch));
    if (first5 == 0 && study000_patience_lost(so_far, 5)) first5 = static_cast<std::int64_t>(epoch);
  }
  EXPECT_EQ(lost3,
            golden_case["epochs (from 1) at which patience 3 is lost"].get<std::vector<std::int64_t>>());
  EXPECT_EQ(first5, golden_case["first epoch (from 1) at which patience 5 is lost"].get<std::int64_t>());
}

void expect_row(const ClassificationReport::Row& row, const json& golden_row) {
  expect_value(row.precision, golden_row["precision"], kHard, row.name);
  expect_value(row.recall, golden_row["recall"], kHard, row.name);
  expect_value(row.f1, golden_row["f1-score"], kHard, row.name);
  EXPECT_EQ(row.support, golden_row["support"]) << row.name;
}

void expect_report(const ConfusionMatrix& matrix, const std::vector<std::string>& names,
                   const json& golden_case) {
  expect_counts(matrix, golden_case["confusion_matrix"]);
  const ClassificationReport report = classification_report(matrix, names);
  for (const ClassificationReport::Row& row : report.classes)
    expect_row(row, golden_case["report"][row.name]);
  expect_row(report.macro, golden_case["report"]["macro avg"]);
  expect_row(report.weighted, golden_case["report"]["weighted avg"]);
  expect_value(report.accuracy, golden_case["report"]["accuracy"], kHard, "accuracy");
  std::string text;
  for (const json& line : golden_case["text (2 digits)"]) text += line.get<std::string>() + "\n";
  EXPECT_EQ(to_text(report), text);
}

TEST(MetricGoldenTest, ClassificationReportIsScikitLearnsToTheCharacter) {
  const json& golden_case = expected()["classification_report"];
  const torch::Tensor truth = golden::labels("metrics.report.truth", {90}, 4).clamp_max(2);
  const torch::Tensor agree = golden::units("metrics.report.agree", {90}) < 0.6;
  const torch::Tensor prediction = torch::where(agree, truth, golden::labels("metrics.report.pred", {90}, 4));
  expect_report(matrix_of(truth, prediction, 4), {"a", "b", "c", "d"}, golden_case["multiclass"]);

  const torch::Tensor binary = golden::labels("metrics.binary.truth", {70}, 2);
  const torch::Tensor score =
      ((0.55 * golden::units("metrics.binary.score", {70}) + 0.4 * binary) * 1000).round() / 1000;
  expect_report(matrix_of(binary, score.gt(0.5).to(torch::kInt64), 2), {"0", "1"},
                golden_case["binary (seed 003's table)"]);
}

TEST(MetricGoldenTest, EverySectionOfTheFileIsCoveredOrSaidNotToBe) {
  const std::set<std::string> covered = {"maps",
                                         "maps_ignore",
                                         "streaming",
                                         "seed002_validation",
                                         "seed003_evaluation",
                                         "competition_dice",
                                         "potsdam_jaccard",
                                         "pr_auc",
                                         "pr_auc_patience",
                                         "classification_report"};
  // Nothing. (The cross-entropies of seeds 002 and 003 are losses: tests/losses.)
  const std::set<std::string> known_uncovered = {};
  std::set<std::string> uncovered;
  for (const auto& [name, section] : expected().items()) {
    if (!covered.contains(name)) uncovered.insert(name);
  }
  std::cout << expected().size() - uncovered.size() << " of " << expected().size()
            << " sections of metrics.json covered\n";
  EXPECT_EQ(uncovered, known_uncovered);
}

}  // namespace
}  // namespace nadir
