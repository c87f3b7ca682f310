// Scores from streamed counts. Every score is the standard definition that its name says.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nadir/config.h"
#include "nadir/data.h"

namespace nadir {

// Counts of (truth, prediction) pairs. Exact integers; adding two matrices merges them.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes);
  // From stored counts, classes * classes of them. Throws std::logic_error for another number.
  ConfusionMatrix(std::int64_t classes, std::vector<std::int64_t> counts);
  // truth, prediction: tensors of one shape, uint8 or int64; pixels whose truth is kIgnore (255) do not
  // count. Throws std::logic_error for a value outside the classes.
  void add(const torch::Tensor& truth, const torch::Tensor& prediction);
  void add(const ConfusionMatrix& other);

  std::int64_t classes() const { return classes_; }
  std::int64_t count(std::int64_t truth, std::int64_t prediction) const;
  std::int64_t total() const;
  const std::vector<std::int64_t>& counts() const { return counts_; }  // row-major, a row per true class

 private:
  std::int64_t classes_;
  std::vector<std::int64_t> counts_;
};

// The counts of each class on its own, for the multilabel task, in which a pixel may have several or none.
class LabelCounts {
 public:
  explicit LabelCounts(std::int64_t classes) : counts_(static_cast<std::size_t>(classes)) {}
  struct Counts {
    std::int64_t true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
    std::int64_t total() const { return true_positive + false_positive + false_negative + true_negative; }
  };
  explicit LabelCounts(std::vector<Counts> counts) : counts_(std::move(counts)) {}
  // truth, prediction: [N, K, ...] 0 or 1 of one shape; where truth is kIgnore nothing counts. Throws
  // std::logic_error for another number of classes.
  void add(const torch::Tensor& truth, const torch::Tensor& prediction);
  void add(const LabelCounts& other);

  std::int64_t classes() const { return static_cast<std::int64_t>(counts_.size()); }
  std::int64_t total() const;  // decisions: pixels times classes
  const std::vector<Counts>& counts() const { return counts_; }

 private:
  std::vector<Counts> counts_;
};

// Of one class. NaN where the definition divides 0 by 0: IoU and Dice of a class that is neither in the truth
// nor in the prediction, precision of a class never predicted, recall of a class that is not there.
struct ClassScores {
  double iou = 0;            // TP / (TP + FP + FN), the Jaccard index
  double dice = 0;           // 2 TP / (2 TP + FP + FN), the F1 score
  double precision = 0;      // TP / (TP + FP)
  double recall = 0;         // TP / (TP + FN)
  std::int64_t support = 0;  // pixels of the class in the truth
};
struct Scores {
  std::vector<ClassScores> per_class;
  double pixel_accuracy = 0;  // trace / total
  double mean_accuracy = 0;   // mean recall over classes in the truth (balanced accuracy)
  double mean_iou = 0;        // over classes in truth or prediction; NaN values are left out
  double mean_dice = 0;
  double frequency_weighted_iou = 0;  // IoU weighted by support
  double kappa = 0;                   // Cohen's kappa
  double matthews = 0;                // Matthews correlation coefficient, for any number of classes
};
// Everything is NaN for an empty matrix.
Scores scores(const ConfusionMatrix& matrix);
// Of decisions, pixels times classes: pixel_accuracy is the share of right ones, kappa and matthews pool all
// classes' decisions, mean_accuracy is the mean over classes of (recall + specificity) / 2; the rest as
// above.
Scores scores(const LabelCounts& counts);
// "mean_iou", "iou/water", "pixel_accuracy" … -> value; the names that `monitor:` and metrics.csv use.
std::vector<std::pair<std::string, double>> named_scores(const Scores& scores,
                                                         const std::vector<std::string>& class_names);

// Precision, recall and F1 as scikit-learn tabulates them: an undefined value counts 0 in the averages, and
// classes that occur nowhere count too. Of several labels an image, scikit-learn has a row more, the mean
// over images ("samples avg"), which counts by class cannot give.
struct ClassificationReport {
  struct Row {
    std::string name;
    double precision = 0;
    double recall = 0;
    double f1 = 0;
    std::int64_t support = 0;
  };
  std::vector<Row> classes;
  double accuracy = 0;       // of labels: the share of right decisions
  std::optional<Row> micro;  // of labels, in place of accuracy: from the counts of all classes together
  Row macro;                 // the plain mean over classes
  Row weighted;              // the mean by support
};
ClassificationReport classification_report(const ConfusionMatrix& matrix,
                                           const std::vector<std::string>& class_names);
ClassificationReport classification_report(const LabelCounts& counts,
                                           const std::vector<std::string>& class_names);
// The scores of a task that labels whole images, by the names that `monitor:` and metrics.csv use:
// "accuracy", "balanced_accuracy" (mean_accuracy above), "macro_f1", "weighted_f1" and the
// same of precision and recall, "kappa", "matthews", "f1/water" … The averages are the report's.
std::vector<std::pair<std::string, double>> named_scores(const ClassificationReport& report,
                                                         const Scores& scores);
// scikit-learn's table, to the character.
std::string to_text(const ClassificationReport& report, int digits = 2);

// How well scores rank what is true above what is not, of one class. Counts for each distinct score: exact,
// and adding two merges them. With bins, scores in [0, 1] are put into that many, so that memory stays
// bounded whatever is added.
class RankCurve {
 public:
  explicit RankCurve(std::int64_t bins = 0) : bins_(bins) {}
  // From the bin_counts() of a curve with bins.
  RankCurve(std::int64_t bins, std::span<const double> counts);
  // truth: 0 or 1, kIgnore does not count; score: floating, higher is more certain. One shape. Throws
  // std::logic_error for other values of truth, and for a score that is NaN or, with bins, outside [0, 1].
  void add(const torch::Tensor& truth, const torch::Tensor& score);
  void add(const RankCurve& other);

  struct Point {
    double threshold = 0;  // true where score >= threshold
    double precision = 0;
    double recall = 0;          // true positive rate
    double false_positive = 0;  // rate: of what is not there; NaN when everything is
  };
  // One point for each distinct score, rising, and the end point: recall 0, precision 1 at a threshold of
  // infinity.
  std::vector<Point> curve() const;
  // NaN, all of them, without a positive; ROC-AUC without a negative too.
  double average_precision() const;  // sum of (R_k - R_(k+1)) P_k
  double pr_auc() const;  // trapezoids between the points: what study 000 watches, larger than the former
  double roc_auc() const;
  // With bins: positives and negatives of each, one after the other; 2 * bins numbers.
  std::vector<double> bin_counts() const;

 private:
  struct Count {
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
  };
  Count total() const;
  void add_binned(const torch::Tensor& truth, const torch::Tensor& score);

  std::int64_t bins_;
  std::map<double, Count> counts_;  // by score
};

// Whether probabilities are what they say: predictions in bins of equal width by their probability, and in
// each bin how many are right (Guo et al. 2017, "On Calibration of Modern Neural Networks"; 15 bins there).
class Calibration {
 public:
  explicit Calibration(std::int64_t bins = 15) : bins_(static_cast<std::size_t>(bins)) {}
  // probabilities: [N, K] in [0, 1]. truth: [N] class indices, or [N, K] 0 or 1; kIgnore does not count. One
  // class an image: the predicted class's probability, and whether that class is the true one. Labels: every
  // label's probability, and whether it is there.
  void add(const torch::Tensor& probabilities, const torch::Tensor& truth);

  struct Bin {  // of probabilities in (low, high]; the first holds 0 too
    double low = 0, high = 0;
    std::int64_t count = 0;
    double confidence = 0, accuracy = 0;  // means; NaN in an empty bin
  };
  std::vector<Bin> bins() const;
  // Expected calibration error: sum of count / N |accuracy - confidence|; NaN when nothing was added.
  double ece() const;
  double largest_error() const;  // of any bin, |accuracy - confidence| (maximum calibration error)

 private:
  struct Sums {
    double count = 0, confidence = 0, right = 0;
  };
  std::vector<Sums> bins_;
};

// What metrics are told of the task.
struct MetricContext {
  Task task = Task::kMulticlass;
  std::vector<std::string> classes;
  std::vector<double> thresholds;  // multilabel: a class is there where its probability reaches its own
};

// A batch as metrics see it; what several of them need is computed once. Without gradients.
class MetricInput {
 public:
  // logits: [N, K, H, W] or [N, K] of any floating type; truth: as a batch's targets.
  MetricInput(const torch::Tensor& logits, const torch::Tensor& truth, const MetricContext& context);
  const torch::Tensor& logits() const { return logits_; }  // float32, on their device
  const torch::Tensor& truth() const { return truth_; }    // on the device of logits
  const torch::Tensor& prediction() const;                 // as truth: class indices, or 0 and 1
  const torch::Tensor& probabilities() const;              // softmax or sigmoid, [N, K, H, W] float32

 private:
  const MetricContext& context_;
  torch::Tensor logits_, truth_;
  mutable torch::Tensor prediction_, probabilities_;
};

// A score beside the task's own, by name in `train.metrics`. Its state is a list of sums: adding the states
// of two metrics merges them, whatever batches, parts or ranks they saw.
class Metric {
 public:
  virtual ~Metric() = default;
  virtual void add(const MetricInput& batch) = 0;
  virtual std::vector<std::pair<std::string, double>> values() const = 0;  // NaN where not defined
  virtual std::vector<double> state() const = 0;
  // Throws ModelError for a state of another size.
  virtual void load_state(std::span<const double> state) = 0;
};
using MetricRegistry = Registry<std::unique_ptr<Metric>, const MetricContext&>;
const MetricRegistry& metrics();

// Everything that is scored of a part: the task's counts, and the metrics asked for.
class TaskScores {
 public:
  TaskScores(MetricContext context, const std::vector<Component>& metrics);
  TaskScores(TaskScores&&) = default;
  TaskScores& operator=(TaskScores&&) = default;
  void add(const torch::Tensor& logits, const torch::Tensor& truth);
  void add(const TaskScores& other);  // of the same context and metrics
  // named_scores (of the report where the task labels whole images) and what the metrics give, in order.
  std::vector<std::pair<std::string, double>> values() const;
  const ConfusionMatrix& matrix() const { return matrix_; }  // of no class for several labels
  const LabelCounts& labels() const { return labels_; }      // of no class for one
  Task task() const { return context_->task; }
  // For tasks that label whole images.
  ClassificationReport report() const;
  std::vector<double> state() const;
  void load_state(std::span<const double> state);

 private:
  std::unique_ptr<MetricContext> context_;  // at a fixed address
  ConfusionMatrix matrix_{0};
  LabelCounts labels_{0};
  std::vector<std::unique_ptr<Metric>> metrics_;
};

// The clouds competition's score: 2 |A and B| / (|A| + |B|) for each image and class, 1 when both are empty,
// and the mean over all these pairs. Not the Dice of a confusion matrix.
class CompetitionDice {
 public:
  void add(const torch::Tensor& truth, const torch::Tensor& prediction);  // [N, K, H, W], 0 or not
  void add(const CompetitionDice& other);
  double score() const;  // NaN when nothing was added
  std::vector<double> state() const { return {sum_, static_cast<double>(pairs_)}; }
  void load_state(std::span<const double> state);

 private:
  double sum_ = 0;
  std::int64_t pairs_ = 0;
};

// Dice and IoU of probabilities, as studies 002 (smooth 1e-6) and 004 (1) print them: one sum over images,
// classes and pixels of each batch, and the mean over batches by their images. They depend on how images fall
// into batches, and with softmax Dice is only the mean probability of the true class: not what others call
// Dice and IoU. Study 000 rounds the probabilities first.
class SoftOverlap {
 public:
  explicit SoftOverlap(double smooth = 1e-6) : smooth_(smooth) {}
  // probabilities: [N, K, H, W]; truth: [N, H, W] class indices, or [N, K, H, W] 0 or 1; kIgnore does not
  // count.
  void add(const torch::Tensor& probabilities, const torch::Tensor& truth);
  void add(const SoftOverlap& other);
  double dice() const;  // NaN when nothing was added
  double iou() const;
  std::vector<double> state() const { return {dice_sum_, iou_sum_, static_cast<double>(images_)}; }
  void load_state(std::span<const double> state);

 private:
  double smooth_;
  double dice_sum_ = 0;
  double iou_sum_ = 0;
  std::int64_t images_ = 0;
};

// Study 003's scores: IoU = I / (U + 1e-7), 0 for a class that occurs nowhere; Dice, NaN for such a class;
// the plain mean over classes, so that one absent class makes the mean Dice NaN.
struct Study003Scores {
  std::vector<double> iou, dice;
  double accuracy = 0;
  double mean_iou = 0;
  double mean_dice = 0;
};
Study003Scores study003_scores(const ConfusionMatrix& matrix);

// Study 000's rule of stopping, after each epoch: whether the scores of the last `patience` epochs all stayed
// at or below the one before them.
bool study000_patience_lost(std::span<const double> history, std::int64_t patience);

}  // namespace nadir
