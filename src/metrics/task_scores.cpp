#include <algorithm>
#include <stdexcept>

#include "metrics/metric_state.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

std::vector<double> counts_of(const LabelCounts& labels) {
  std::vector<double> sums;
  for (const LabelCounts::Counts& each : labels.counts()) {
    for (const std::int64_t count :
         {each.true_positive, each.false_positive, each.false_negative, each.true_negative}) {
      sums.push_back(static_cast<double>(count));
    }
  }
  return sums;
}

LabelCounts labels_of(std::span<const double> sums) {
  const std::vector<std::int64_t> counts = as_counts(sums);
  std::vector<LabelCounts::Counts> labels;
  for (std::size_t i = 0; i + 3 < counts.size(); i += 4) {
    labels.push_back({counts[i], counts[i + 1], counts[i + 2], counts[i + 3]});
  }
  return LabelCounts(std::move(labels));
}

void refuse_map_metrics(const std::vector<Component>& asked) {
  for (const Component& each : asked) {
    if (each.name == "rank_curves" || each.name == "top_k") continue;
    throw ConfigError("train.metrics: " + each.name +
                      " is for maps; of whole images there are rank_curves and top_k");
  }
}

}  // namespace

TaskScores::TaskScores(MetricContext context, const std::vector<Component>& asked)
    : context_(std::make_unique<MetricContext>(std::move(context))) {
  const auto classes = static_cast<std::int64_t>(context_->classes.size());
  const bool multilabel = is_multilabel(context_->task);
  const std::size_t thresholds = context_->thresholds.size();
  if (thresholds > 1 && thresholds != context_->classes.size()) {
    throw ConfigError("thresholds: " + std::to_string(thresholds) + " for " + std::to_string(classes) +
                      " classes; give one, or one for each");
  }
  if (labels_images(context_->task)) refuse_map_metrics(asked);
  multilabel ? void(labels_ = LabelCounts(classes)) : void(matrix_ = ConfusionMatrix(classes));
  for (const Component& each : asked) metrics_.push_back(metrics().make(each, *context_));
  // Cheap where few decisions are made, and what several labels are chosen by.
  const bool wanted = multilabel || labels_images(context_->task);
  const bool ranked = std::any_of(asked.begin(), asked.end(),
                                  [](const Component& each) { return each.name == "rank_curves"; });
  if (wanted && !ranked) {
    metrics_.push_back(metrics().make("rank_curves", ConfigNode::map(), *context_));
  }
}

void TaskScores::add(const torch::Tensor& logits, const torch::Tensor& truth) {
  const MetricInput batch(logits, truth, *context_);
  if (is_multilabel(context_->task)) {
    labels_.add(batch.truth(), batch.prediction());
  } else {
    matrix_.add(batch.truth(), batch.prediction());
  }
  for (const auto& metric : metrics_) metric->add(batch);
}

void TaskScores::add(const TaskScores& other) {
  std::vector<double> sum = state();
  const std::vector<double> more = other.state();
  if (sum.size() != more.size()) throw std::logic_error("merging scores of different metrics or classes");
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
  load_state(sum);
}

std::vector<std::pair<std::string, double>> TaskScores::values() const {
  const Scores counted = is_multilabel(context_->task) ? scores(labels_) : scores(matrix_);
  auto named = labels_images(context_->task) ? named_scores(report(), counted)
                                             : named_scores(counted, context_->classes);
  for (const auto& metric : metrics_) {
    for (auto& each : metric->values()) named.push_back(std::move(each));
  }
  return named;
}

ClassificationReport TaskScores::report() const {
  return is_multilabel(context_->task) ? classification_report(labels_, context_->classes)
                                       : classification_report(matrix_, context_->classes);
}

std::vector<double> TaskScores::state() const {
  std::vector<double> all = is_multilabel(context_->task) ? counts_of(labels_) : as_sums(matrix_.counts());
  for (const auto& metric : metrics_) {
    const std::vector<double> own = metric->state();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

void TaskScores::load_state(std::span<const double> state) {
  check_metric_state("the scores", state.size(), this->state().size());
  if (is_multilabel(context_->task)) {
    const std::size_t size = 4 * context_->classes.size();
    labels_ = labels_of(state.first(size));
    state = state.subspan(size);
  } else {
    const std::size_t size = matrix_.counts().size();
    matrix_ = ConfusionMatrix(matrix_.classes(), as_counts(state.first(size)));
    state = state.subspan(size);
  }
  for (const auto& metric : metrics_) {
    const std::size_t size = metric->state().size();
    metric->load_state(state.first(size));
    state = state.subspan(size);
  }
}

}  // namespace nadir
