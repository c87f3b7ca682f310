// Scores from a streamed confusion matrix. Every score is the standard definition that its name says.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nadir {

// Counts of (truth, prediction) pairs. Exact integers; adding two matrices merges them.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes);
  // From stored counts, classes * classes of them. Throws std::logic_error for another number.
  ConfusionMatrix(std::int64_t classes, std::vector<std::int64_t> counts);
  // truth, prediction: tensors of one shape, uint8 or int64; pixels whose truth is kIgnore (255) do not count.
  // Throws std::logic_error for a value outside the classes.
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

// Of one class. NaN where the definition divides 0 by 0: IoU and Dice of a class that is neither in the truth nor
// in the prediction, precision of a class never predicted, recall of a class that is not there.
struct ClassScores {
  double iou = 0;        // TP / (TP + FP + FN), the Jaccard index
  double dice = 0;       // 2 TP / (2 TP + FP + FN), the F1 score
  double precision = 0;  // TP / (TP + FP)
  double recall = 0;     // TP / (TP + FN)
  std::int64_t support = 0;  // pixels of the class in the truth
};
struct Scores {
  std::vector<ClassScores> per_class;
  double pixel_accuracy = 0;           // trace / total
  double mean_accuracy = 0;            // mean recall over classes in the truth (balanced accuracy)
  double mean_iou = 0;                 // over classes in truth or prediction; NaN values are left out
  double mean_dice = 0;
  double frequency_weighted_iou = 0;   // IoU weighted by support
  double kappa = 0;                    // Cohen's kappa
};
// Everything is NaN for an empty matrix.
Scores scores(const ConfusionMatrix& matrix);
// "mean_iou", "iou/water", "pixel_accuracy" … -> value; the names that `monitor:` and metrics.csv use.
std::vector<std::pair<std::string, double>> named_scores(const Scores& scores,
                                                         const std::vector<std::string>& class_names);

}  // namespace nadir
