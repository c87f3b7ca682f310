// How diffusion networks are told numbers: the noise's timestep, and DiffusionSat's metadata.
#pragma once

#include <cstdint>

#include "models/blocks/linear.h"

namespace nadir {

// Sines and cosines of a number at falling frequencies (Vaswani et al. 2017), as diffusers'
// get_timestep_embedding: freq_i = exp(-ln(10000) i / (dim / 2 - shift)).
struct FrequencyConfig {
  std::int64_t dim = 320;
  bool cosine_first = true;  // diffusers: flip_sin_to_cos
  double shift = 0;          // diffusers: freq_shift
};
// values: [N] of any type; gives [N, dim] float32.
torch::Tensor embed_frequencies(const torch::Tensor& values, const FrequencyConfig& config);

// linear_1, SiLU, linear_2: [N, in] to [N, out].
class TimeEmbeddingImpl : public torch::nn::Module {
 public:
  TimeEmbeddingImpl(std::int64_t in, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& frequencies);

 private:
  Linear linear_1_, linear_2_;
};
TORCH_MODULE(TimeEmbedding);

}  // namespace nadir
