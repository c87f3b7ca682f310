// Multinomial logistic regression, the baseline that looks at one pixel at a time.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace nadir {

// Minimises mean cross-entropy + ridge/2 * |weights|^2 (not on the bias) by Newton's method.
// features: [n, F] float64; labels: [n] int64 in [0, classes). Returns [F + 1, classes] float64, the last row
// the bias. The ridge keeps the answer finite where the classes can be separated.
torch::Tensor fit_logistic_regression(const torch::Tensor& features, const torch::Tensor& labels,
                                      std::int64_t classes, double ridge = 1e-6);
// [n] int64: the most probable class.
torch::Tensor predict_logistic_regression(const torch::Tensor& weights, const torch::Tensor& features);

}  // namespace nadir
