#include <torch/torch.h>
#include <numbers>
#include <numeric>

#include "nadir/predict.h"

namespace nadir {
namespace {

using Weights = std::vector<double>;

// scipy.signal.windows.triang: (2k + 1) / n rising for even n, 2 (k + 1) / (n + 1) for odd n; the peak is at
// most 1.
double triang(std::int64_t k, std::int64_t n) {
  const auto position = static_cast<double>(k);
  const auto size = static_cast<double>(n);
  return n % 2 == 0 ? (2 * position + 1) / size : 2 * (position + 1) / (size + 1);
}

double linear(std::int64_t k, std::int64_t n) {
  return (2 * static_cast<double>(k) + 1) / static_cast<double>(n);  // 1 - |2x| at the centre of pixel k
}

double hann(std::int64_t k, std::int64_t n) {
  const double s = std::sin(std::numbers::pi / 2 * linear(k, n));
  return s * s;
}

double spline(std::int64_t k, std::int64_t n) {
  const double t = 2 * triang(k, n);
  return k < n / 4 ? t * t / 2 : 1 - (t - 2) * (t - 2) / 2;
}

// The rising half, mirrored: symmetric to the last bit.
template <class Rise>
Weights symmetric(std::int64_t n, const Rise& rise) {
  Weights weights(static_cast<std::size_t>(n));
  for (std::int64_t k = 0; k < (n + 1) / 2; ++k) {
    weights[static_cast<std::size_t>(k)] = weights[static_cast<std::size_t>(n - 1 - k)] = rise(k, n);
  }
  return weights;
}

Weights with_mean_one(Weights weights) {
  const double mean =
      std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  for (double& weight : weights) weight /= mean;
  return weights;
}

Weights named_weights(const std::string& name, std::int64_t tile) {
  if (name == "none") return symmetric(tile, [](std::int64_t, std::int64_t) { return 1.0; });
  if (name == "linear") return symmetric(tile, linear);
  if (name == "hann") return symmetric(tile, hann);
  if (name == "spline") return with_mean_one(symmetric(tile, spline));
  const std::string hint = nearest(name, {"none", "linear", "hann", "spline"});
  throw ConfigError("window '" + name + "' is unknown" +
                    (hint.empty() ? "" : "; did you mean " + hint + "?") +
                    " Known: none, linear, hann, spline");
}

}  // namespace

torch::Tensor blend_window(const std::string& name, std::int64_t tile) {
  if (tile < 1) throw ConfigError("tile is " + std::to_string(tile) + "; it must be at least 1 pixel");
  return torch::tensor(named_weights(name, tile), torch::kFloat64).to(torch::kFloat32);
}

}  // namespace nadir
