#include "metrics/rank_curves.h"

#include <ATen/ATen.h>

#include <cmath>

#include "metrics/metric_state.h"

namespace nadir {
namespace {

class RankCurves final : public Metric {
 public:
  RankCurves(std::int64_t bins, const MetricContext& context)
      : bins_(bins), context_(context), curves_(context.classes.size(), RankCurve(bins)) {}

  void add(const MetricInput& batch) override {
    for (std::size_t k = 0; k < curves_.size(); ++k) {
      const auto index = static_cast<std::int64_t>(k);
      curves_[k].add(truth_of(batch.truth(), index), batch.probabilities().select(1, index));
    }
  }

  std::vector<std::pair<std::string, double>> values() const override {
    std::vector<std::pair<std::string, double>> values;
    add_values("pr_auc", &RankCurve::pr_auc, values);
    add_values("average_precision", &RankCurve::average_precision, values);
    add_values("roc_auc", &RankCurve::roc_auc, values);
    return values;
  }

  std::vector<double> state() const override {
    std::vector<double> all;
    for (const RankCurve& each : curves_) {
      const std::vector<double> counts = each.bin_counts();
      all.insert(all.end(), counts.begin(), counts.end());
    }
    return all;
  }

  void load_state(std::span<const double> state) override {
    const auto size = 2 * static_cast<std::size_t>(bins_);
    check_metric_state("rank_curves", state.size(), curves_.size() * size);
    for (std::size_t k = 0; k < curves_.size(); ++k) {
      curves_[k] = RankCurve(bins_, state.subspan(k * size, size));
    }
  }

 private:
  // Of one class: 0, 1 or kIgnore.
  torch::Tensor truth_of(const torch::Tensor& truth, std::int64_t k) const {
    if (is_multilabel(context_.task)) return truth.select(1, k);
    return truth.eq(k).to(torch::kUInt8).masked_fill_(truth.eq(kIgnore), kIgnore);
  }

  void add_values(const std::string& name, double (RankCurve::*area)() const,
                  std::vector<std::pair<std::string, double>>& values) const {
    double sum = 0;
    double defined = 0;
    const std::size_t mean = values.size();
    values.emplace_back("mean_" + name, 0);
    for (std::size_t k = 0; k < curves_.size(); ++k) {
      const double value = (curves_[k].*area)();
      values.emplace_back(name + "/" + context_.classes[k], value);
      if (std::isnan(value)) continue;
      sum += value;
      ++defined;
    }
    values[mean].second = sum / defined;  // 0 / 0 is NaN, on purpose
  }

  std::int64_t bins_;
  const MetricContext& context_;
  std::vector<RankCurve> curves_;
};

}  // namespace

std::unique_ptr<Metric> make_rank_curves(const RankCurvesConfig& config, const MetricContext& context) {
  return std::make_unique<RankCurves>(config.bins, context);
}

}  // namespace nadir
