#include "metrics/overlap_metrics.h"

#include <ATen/ATen.h>

#include "metrics/metric_state.h"

namespace nadir {
namespace {

struct SoftColumns {
  double smooth = 1e-6;
  bool rounded = false;
  std::string dice, iou;  // "": no such column
};

class SoftOverlapMetric final : public Metric {
 public:
  explicit SoftOverlapMetric(SoftColumns columns) : columns_(std::move(columns)), overlap_(columns_.smooth) {}

  void add(const MetricInput& batch) override {
    const torch::Tensor& p = batch.probabilities();
    overlap_.add(columns_.rounded ? p.round() : p, batch.truth());
  }
  std::vector<std::pair<std::string, double>> values() const override {
    std::vector<std::pair<std::string, double>> values = {{columns_.dice, overlap_.dice()}};
    if (!columns_.iou.empty()) values.emplace_back(columns_.iou, overlap_.iou());
    return values;
  }
  std::vector<double> state() const override { return overlap_.state(); }
  void load_state(std::span<const double> state) override { overlap_.load_state(state); }

 private:
  SoftColumns columns_;
  SoftOverlap overlap_;
};

class CompetitionDiceMetric final : public Metric {
 public:
  void add(const MetricInput& batch) override {
    const torch::Tensor counted = batch.truth().ne(kIgnore);
    dice_.add(batch.truth() * counted, batch.prediction() * counted);
  }
  std::vector<std::pair<std::string, double>> values() const override {
    return {{"competition_dice", dice_.score()}};
  }
  std::vector<double> state() const override { return dice_.state(); }
  void load_state(std::span<const double> state) override { dice_.load_state(state); }

 private:
  CompetitionDice dice_;
};

class Study003Metric final : public Metric {
 public:
  explicit Study003Metric(std::size_t classes) : matrix_(static_cast<std::int64_t>(classes)) {}

  void add(const MetricInput& batch) override { matrix_.add(batch.truth(), batch.prediction()); }
  std::vector<std::pair<std::string, double>> values() const override {
    const Study003Scores scores = study003_scores(matrix_);
    return {{"study003.accuracy", scores.accuracy},
            {"study003.mean_iou", scores.mean_iou},
            {"study003.mean_dice", scores.mean_dice}};
  }
  std::vector<double> state() const override { return as_sums(matrix_.counts()); }
  void load_state(std::span<const double> state) override {
    check_metric_state("study003.scores", state.size(), matrix_.counts().size());
    matrix_ = ConfusionMatrix(matrix_.classes(), as_counts(state));
  }

 private:
  ConfusionMatrix matrix_;
};

}  // namespace

std::unique_ptr<Metric> make_soft_overlap(const SoftOverlapConfig& config, const MetricContext&) {
  return std::make_unique<SoftOverlapMetric>(SoftColumns{config.smooth, false, "soft_dice", "soft_iou"});
}

std::unique_ptr<Metric> make_study000_overlap(const NoMetricOptions&, const MetricContext&) {
  return std::make_unique<SoftOverlapMetric>(SoftColumns{1, true, "study000.dice", ""});
}

std::unique_ptr<Metric> make_study002_overlap(const NoMetricOptions&, const MetricContext&) {
  return std::make_unique<SoftOverlapMetric>(SoftColumns{1e-6, false, "study002.dice", "study002.iou"});
}

std::unique_ptr<Metric> make_study004_overlap(const NoMetricOptions&, const MetricContext&) {
  return std::make_unique<SoftOverlapMetric>(SoftColumns{1, false, "study004.dice", "study004.iou"});
}

std::unique_ptr<Metric> make_study003_scores(const NoMetricOptions&, const MetricContext& context) {
  if (context.task != Task::kMulticlass) {
    throw ConfigError("study003.scores needs one class for each pixel (task: multiclass)");
  }
  return std::make_unique<Study003Metric>(context.classes.size());
}

std::unique_ptr<Metric> make_competition_dice(const NoMetricOptions&, const MetricContext& context) {
  if (context.task != Task::kMultilabel) {
    throw ConfigError("competition_dice needs a mask for each class (task: multilabel)");
  }
  return std::make_unique<CompetitionDiceMetric>();
}

}  // namespace nadir
