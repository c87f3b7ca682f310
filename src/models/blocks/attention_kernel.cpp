#include "models/blocks/attention_kernel.h"

#include "models/blocks/vector_math.h"

namespace nadir::kernel {
namespace {

struct Forward {
  NADIR_INLINE static void run(const BFloat16* scores, std::size_t rows, std::size_t width, float scale,
                               float* buffer, BFloat16* weights) {
    const float binary = scale * 1.44269504F;  // exp(x) = 2^(x log2(e))
    for (std::size_t i = 0; i < rows; ++i) {
      const BFloat16* const row = scores + i * width;
      const float top = max_over(width, [&](std::size_t j) { return read(row[j]); });
      const float sum = sum_over(width, [&](std::size_t j) {
        return buffer[j] = coarse_power_of_two(binary * (read(row[j]) - top));
      });
      const float share = 1.0F / sum;
      BFloat16* const to = weights + i * width;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) write(to[j], share * buffer[j]);
    }
  }
};

// ds = scale w (dw - sum(w dw))
struct Backward {
  NADIR_INLINE static void run(const BFloat16* weights, const BFloat16* grad_weights, std::size_t rows,
                               std::size_t width, float scale, BFloat16* grad_scores) {
    for (std::size_t i = 0; i < rows; ++i) {
      const BFloat16 *const row = weights + i * width, *const from = grad_weights + i * width;
      const float mean = sum_over(width, [&](std::size_t j) { return read(row[j]) * read(from[j]); });
      BFloat16* const to = grad_scores + i * width;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) write(to[j], scale * read(row[j]) * (read(from[j]) - mean));
    }
  }
};

}  // namespace

void attention_weights(const BFloat16* scores, std::size_t rows, std::size_t width, float scale,
                       float* buffer, BFloat16* weights) {
  dispatch<Forward>(scores, rows, width, scale, buffer, weights);
}

void attention_weights_backward(const BFloat16* weights, const BFloat16* grad_weights, std::size_t rows,
                                std::size_t width, float scale, BFloat16* grad_scores) {
  dispatch<Backward>(weights, grad_weights, rows, width, scale, grad_scores);
}

}  // namespace nadir::kernel
