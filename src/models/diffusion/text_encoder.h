// From tokens to what a diffusion U-Net attends to: CLIP's text transformer (Radford et al. 2021).
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "models/diffusion/checked_json.h"

namespace nadir {

// transformers' CLIPTextModel config; the defaults are SD 2.1's.
struct TextEncoderConfig {
  std::int64_t vocabulary = 49408;
  std::int64_t tokens = 77;
  std::int64_t channels = 1024;
  std::int64_t hidden = 4096;  // channels inside the feed-forward part
  std::int64_t layers = 23;
  std::int64_t heads = 16;
  std::string activation = "gelu";  // gelu, or quick_gelu: x sigmoid(1.702 x), SD 1.x
  double norm_eps = 1e-5;
  std::int64_t end_token = 49407;
};
// Throws ModelError for what is not supported, naming file and field.
TextEncoderConfig read_text_encoder_config(CheckedJson json);

class TextEncoder : public torch::nn::Module {
 public:
  struct Output {
    torch::Tensor tokens;  // [N, T, channels], after the final norm
    torch::Tensor pooled;  // [N, channels]: the row of the first end token
  };
  // ids: [N, T] int64, T at most config().tokens. Each token sees those before it; padding is seen too.
  virtual Output forward(const torch::Tensor& ids) = 0;
  virtual const TextEncoderConfig& config() const = 0;
};
// Tensor names are those of published checkpoints: text_model.encoder.layers.0... SD 2.1: 340,387,840
// parameters.
std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderConfig& config);

}  // namespace nadir
