#include "models/blocks/token_norm_kernel.h"

#include <cmath>

namespace nadir::kernel {
namespace {

struct Forward {
  NADIR_INLINE static void run(const float* x, const BFloat16* branch, TokenNormValues norm, std::size_t rows,
                               std::size_t width, float* sum, BFloat16* y) {
    const float share = 1.0F / static_cast<float>(width);
    const float *weight = norm.weight, *bias = norm.bias;
    for (std::size_t i = 0; i < rows; ++i) {
      const float* row = x + i * width;
      if (branch) {
        const BFloat16* const other = branch + i * width;
        float* const to = sum + i * width;
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < width; ++j) to[j] = row[j] + read(other[j]);
        row = to;
      }
      const float mean = share * sum_over(width, [&](std::size_t j) { return row[j]; });
      const float variance = share * sum_over(width, [&](std::size_t j) {
                               const float off = row[j] - mean;
                               return off * off;
                             });
      const float inverse = 1.0F / std::sqrt(variance + norm.eps);
      norm.mean[i] = mean;
      norm.inverse[i] = inverse;
      BFloat16* const to = y + i * width;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) write(to[j], (row[j] - mean) * inverse * weight[j] + bias[j]);
    }
  }
};

struct Backward {
  NADIR_INLINE static void run(const float* sum, TokenNormGradients gradients, TokenNormValues norm,
                               std::size_t rows, std::size_t width, float* grad_weight, float* grad_bias) {
    const float share = 1.0F / static_cast<float>(width);
    const float* weight = norm.weight;
    for (std::size_t j = 0; j < width; ++j) grad_weight[j] = grad_bias[j] = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const float* const row = sum + i * width;
      const BFloat16* const from = gradients.grad_y + i * width;
      const float mean = norm.mean[i], inverse = norm.inverse[i];
      const float a = share * sum_over(width, [&](std::size_t j) { return read(from[j]) * weight[j]; });
      const float b = share * inverse * inverse * sum_over(width, [&](std::size_t j) {
                        return read(from[j]) * weight[j] * (row[j] - mean);
                      });
      float* const to = gradients.grad_x + i * width;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) {
        const float g = read(from[j]), off = row[j] - mean;
        grad_weight[j] += g * off * inverse;
        grad_bias[j] += g;
        to[j] = inverse * (g * weight[j] - a - off * b);
      }
      if (gradients.grad_sum) {
        const float* const other = gradients.grad_sum + i * width;
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < width; ++j) to[j] += other[j];
      }
      if (gradients.grad_branch) {
        BFloat16* const rounded = gradients.grad_branch + i * width;
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < width; ++j) write(rounded[j], to[j]);
      }
    }
  }
};

}  // namespace

void token_norm_forward(const float* x, const BFloat16* branch, const TokenNormValues& norm, std::size_t rows,
                        std::size_t width, float* sum, BFloat16* y) {
  dispatch<Forward>(x, branch, norm, rows, width, sum, y);
}

void token_norm_backward(const float* sum, const TokenNormGradients& gradients, const TokenNormValues& norm,
                         std::size_t rows, std::size_t width, float* grad_weight, float* grad_bias) {
  dispatch<Backward>(sum, gradients, norm, rows, width, grad_weight, grad_bias);
}

}  // namespace nadir::kernel
