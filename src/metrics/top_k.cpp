#include "metrics/top_k.h"

#include <ATen/ATen.h>

#include "metrics/metric_state.h"

namespace nadir {
namespace {

class TopK final : public Metric {
 public:
  explicit TopK(std::int64_t k) : k_(k) {}

  void add(const MetricInput& batch) override {
    const torch::Tensor counted = batch.truth().ne(kIgnore);
    const torch::Tensor truth = batch.truth().to(torch::kInt64).masked_fill(counted.logical_not(), 0);
    const torch::Tensor own = batch.logits().gather(1, truth.unsqueeze(1));
    const torch::Tensor larger = batch.logits().gt(own).sum(1);
    hits_ += larger.lt(k_).logical_and_(counted).sum().item<double>();
    images_ += counted.sum().item<double>();
  }

  std::vector<std::pair<std::string, double>> values() const override {
    return {{"top_" + std::to_string(k_) + "_accuracy", hits_ / images_}};  // 0 / 0 is NaN, on purpose
  }
  std::vector<double> state() const override { return {hits_, images_}; }
  void load_state(std::span<const double> state) override {
    check_metric_state("top_k", state.size(), 2);
    hits_ = state[0];
    images_ = state[1];
  }

 private:
  std::int64_t k_;
  double hits_ = 0;
  double images_ = 0;
};

}  // namespace

std::unique_ptr<Metric> make_top_k(const TopKConfig& config, const MetricContext& context) {
  if (context.task != Task::kClassification)
    throw ConfigError("top_k needs one class for each image (task: classification)");
  return std::make_unique<TopK>(config.k);
}

}  // namespace nadir
