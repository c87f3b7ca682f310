#include "train/logistic_regression.h"

#include <torch/nn/functional/loss.h>

namespace nadir {
namespace {

constexpr int kLargestIterations = 100;
constexpr double kGradientTolerance = 1e-9;

torch::Tensor with_bias(const torch::Tensor& features) {
  return torch::cat({features, torch::ones({features.size(0), 1}, features.options())}, 1);
}

struct Problem {
  torch::Tensor x;        // [n, F + 1]
  torch::Tensor one_hot;  // [n, K]
  torch::Tensor penalty;  // [F + 1, 1] ridge, 0 for the bias

  double objective(const torch::Tensor& weights) const {
    const torch::Tensor log_p = torch::log_softmax(x.mm(weights), 1);
    return (-(log_p * one_hot).sum() / x.size(0) + 0.5 * (penalty * weights * weights).sum()).item<double>();
  }
  torch::Tensor gradient(const torch::Tensor& weights, const torch::Tensor& p) const {
    return x.t().mm(p - one_hot) / x.size(0) + penalty * weights;
  }
  // Of the objective in the weights laid out class by class: block (a, b) is x' diag(p_a (1[a=b] - p_b)) x /
  // n.
  torch::Tensor hessian(const torch::Tensor& p) const {
    const std::int64_t f = x.size(1);
    const std::int64_t k = p.size(1);
    torch::Tensor result = torch::empty({k * f, k * f}, x.options());
    for (std::int64_t a = 0; a < k; ++a) {
      for (std::int64_t b = 0; b < k; ++b) {
        const torch::Tensor pa = p.select(1, a);
        const torch::Tensor weight = pa * ((a == b ? 1.0 : 0.0) - p.select(1, b));
        torch::Tensor block = x.t().mm(x * weight.unsqueeze(1)) / x.size(0);
        if (a == b) block = block + torch::diag(penalty.squeeze(1));
        result.narrow(0, a * f, f).narrow(1, b * f, f).copy_(block);
      }
    }
    // Adding one number to all classes' biases changes nothing: a little damping makes the system solvable.
    return result + 1e-10 * torch::eye(k * f, x.options());
  }
};

}  // namespace

torch::Tensor fit_logistic_regression(const torch::Tensor& features, const torch::Tensor& labels,
                                      std::int64_t classes, double ridge) {
  const torch::InferenceMode inference;
  Problem problem;
  problem.x = with_bias(features);
  problem.one_hot = torch::one_hot(labels, classes).to(torch::kFloat64);
  problem.penalty = torch::full({problem.x.size(1), 1}, ridge, problem.x.options());
  problem.penalty.narrow(0, problem.x.size(1) - 1, 1).zero_();

  torch::Tensor weights = torch::zeros({problem.x.size(1), classes}, problem.x.options());
  double objective = problem.objective(weights);
  for (int iteration = 0; iteration < kLargestIterations; ++iteration) {
    const torch::Tensor p = torch::softmax(problem.x.mm(weights), 1);
    const torch::Tensor gradient = problem.gradient(weights, p);
    if (gradient.abs().max().item<double>() < kGradientTolerance) break;
    const torch::Tensor flat = at::linalg_solve(problem.hessian(p), gradient.t().reshape({-1}));
    const torch::Tensor direction = flat.reshape({classes, -1}).t();
    const double slope = (direction * gradient).sum().item<double>();
    double step = 1;
    while (step > 1e-8 && problem.objective(weights - step * direction) > objective - 1e-4 * step * slope)
      step /= 2;
    if (step <= 1e-8) break;  // no descent left at this precision
    weights = weights - step * direction;
    objective = problem.objective(weights);
  }
  return weights;
}

torch::Tensor predict_logistic_regression(const torch::Tensor& weights, const torch::Tensor& features) {
  return with_bias(features).mm(weights).argmax(1);
}

}  // namespace nadir
