#include "metrics/boundary_f1.h"

#include <ATen/ATen.h>

#include <cmath>

#include "metrics/metric_state.h"

namespace nadir {
namespace {

// [1, 1, 2r+1, 2r+1] float32: 1 within r pixels of the middle
torch::Tensor disc(std::int64_t radius, torch::Device device) {
  const torch::Tensor line = at::arange(-radius, radius + 1, at::device(device).dtype(at::kFloat)).square();
  const torch::Tensor distance = line.unsqueeze(0) + line.unsqueeze(1);
  return distance.le(static_cast<double>(radius * radius)).to(at::kFloat).unsqueeze(0).unsqueeze(0);
}

// Whether the pixel and its neighbour along an axis differ in the class, both counting; at both of them.
void mark_changes(const torch::Tensor& mask, const torch::Tensor& counted, std::int64_t axis,
                  torch::Tensor& marks) {
  const std::int64_t size = mask.size(axis);
  if (size < 2) return;
  const auto before = [&](const torch::Tensor& t) { return t.narrow(axis, 0, size - 1); };
  const auto after = [&](const torch::Tensor& t) { return t.narrow(axis, 1, size - 1); };
  const torch::Tensor change =
      before(mask).ne(after(mask)).logical_and_(before(counted)).logical_and_(after(counted));
  before(marks).logical_or_(change);
  after(marks).logical_or_(change);
}

// mask: [N, H, W] bool
torch::Tensor outline(const torch::Tensor& mask, const torch::Tensor& counted) {
  torch::Tensor marks = at::zeros_like(mask);
  mark_changes(mask, counted, 1, marks);
  mark_changes(mask, counted, 2, marks);
  return marks.logical_and_(mask);
}

class BoundaryF1 final : public Metric {
 public:
  BoundaryF1(std::int64_t tolerance, const MetricContext& context)
      : tolerance_(tolerance), context_(context), sums_(4 * context.classes.size()) {}

  void add(const MetricInput& batch) override {
    const torch::Tensor& truth = batch.truth();
    const bool by_class = context_.task == Task::kMultilabel;
    for (std::size_t k = 0; k < context_.classes.size(); ++k) {
      const auto index = static_cast<std::int64_t>(k);
      const auto mask = [&](const torch::Tensor& t) {
        return by_class ? t.select(1, index).eq(1) : t.eq(index);
      };
      const torch::Tensor counted = (by_class ? truth.select(1, index) : truth).ne(kIgnore);
      add_class(k, outline(mask(truth), counted), outline(mask(batch.prediction()), counted));
    }
  }

  std::vector<std::pair<std::string, double>> values() const override {
    std::vector<std::pair<std::string, double>> values = {{"mean_boundary_f1", 0}};
    double sum = 0;
    double defined = 0;
    for (std::size_t k = 0; k < context_.classes.size(); ++k) {
      const double value = f1(k);
      values.emplace_back("boundary_f1/" + context_.classes[k], value);
      if (std::isnan(value)) continue;
      sum += value;
      ++defined;
    }
    values[0].second = sum / defined;  // 0 / 0 is NaN, on purpose
    return values;
  }

  std::vector<double> state() const override { return sums_; }
  void load_state(std::span<const double> state) override {
    check_metric_state("boundary_f1", state.size(), sums_.size());
    sums_.assign(state.begin(), state.end());
  }

 private:
  void add_class(std::size_t k, const torch::Tensor& truth, const torch::Tensor& said) {
    const auto pixels = [](const torch::Tensor& t) {
      return static_cast<double>(t.sum().item<std::int64_t>());
    };
    sums_[4 * k] += pixels(said.logical_and(near(truth)));
    sums_[4 * k + 1] += pixels(said);
    sums_[4 * k + 2] += pixels(truth.logical_and(near(said)));
    sums_[4 * k + 3] += pixels(truth);
  }

  torch::Tensor near(const torch::Tensor& marks) const {
    if (tolerance_ == 0) return marks;
    const torch::Tensor map = marks.unsqueeze(1).to(at::kFloat);
    return at::conv2d(map, disc(tolerance_, marks.device()), {}, 1, tolerance_).squeeze(1).gt(0.5);
  }

  double f1(std::size_t k) const {
    const double said = sums_[4 * k + 1], truth = sums_[4 * k + 3];
    if (said + truth == 0) return std::nan("");
    if (said == 0 || truth == 0) return 0;
    const double precision = sums_[4 * k] / said, recall = sums_[4 * k + 2] / truth;
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }

  std::int64_t tolerance_;
  const MetricContext& context_;
  std::vector<double>
      sums_;  // of each class: near and all of the predicted outline, near and all of the true
};

}  // namespace

std::unique_ptr<Metric> make_boundary_f1(const BoundaryF1Config& config, const MetricContext& context) {
  return std::make_unique<BoundaryF1>(config.tolerance, context);
}

}  // namespace nadir
