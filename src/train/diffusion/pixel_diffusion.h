// A small diffusion model of pixels, from scratch: everything that nadir generate needs is made of the recipe
// and the captions.
#pragma once

#include <string>
#include <vector>

#include "train/diffusion/diffusion_network.h"

namespace nadir {

struct PixelDiffusionConfig {
  std::vector<std::int64_t> channels = {32, 64, 64};  // of the U-Net's levels, each half the size of the last
  std::int64_t layers = 1;                            // residual blocks of a level
  std::int64_t attention_from = 2;          // the first level, from 0, that attends; the middle always does
  std::int64_t heads = 4;                   // of its attention
  std::int64_t groups = 8;                  // of the group norms
  std::int64_t text_channels = 32;          // of the tokens
  std::int64_t text_layers = 1;             // of the text encoder, which learns too
  std::int64_t tokens = 16;                 // of a caption at most, start and end included
  bool metadata = true;                     // seven numbers, as DiffusionSat; false: captions alone
  std::string prediction = "v_prediction";  // epsilon, v_prediction
  std::int64_t timesteps = 1000;
  std::string betas = "squaredcos_cap_v2";  // linear, scaled_linear, squaredcos_cap_v2
  double beta_start = 0.0001, beta_end = 0.02;
  bool zero_terminal_snr = false;  // wants v_prediction
  bool gradient_checkpointing = false;
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Writes a whole folder: unet, text_encoder, tokenizer, scheduler (ddim, trailing timesteps).
std::shared_ptr<DiffusionNetwork> make_pixel_diffusion(const PixelDiffusionConfig& config,
                                                       const DiffusionStart& start);

}  // namespace nadir
