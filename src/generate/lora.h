// Files of low-rank changes (LoRA, Hu et al. 2021) to a diffusion model's U-Net, as diffusers and peft write
// them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "generate/diffusion_model.h"

namespace nadir {

// One layer's change: its weight grows by scale * up * down.
struct LoraLayer {
  std::string name;    // of the layer in the U-Net: "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
  torch::Tensor down;  // [rank, in]
  torch::Tensor up;    // [out, rank]
  double scale = 1;    // alpha / rank
};

// pytorch_lora_weights.safetensors, as diffusers' load_lora_weights reads it: unet.NAME.lora_A.weight (down)
// and unet.NAME.lora_B.weight (up). The scale is multiplied into up, so that no reader has to know alpha.
void write_lora(const std::filesystem::path& file, const std::vector<LoraLayer>& layers);

// Reads lora_A/lora_B (peft), lora.down/lora.up (diffusers), lora_down/lora_up, with or without "unet." and a
// layer's alpha. Throws ModelError naming the file: layers that are no pairs, a change to another part than
// the U-Net, no change at all.
std::vector<LoraLayer> read_lora(const std::filesystem::path& file);

// Adds `strength` times the changes of a file to the weights of the U-Net, once and for all.
// Throws ModelError for a layer that the U-Net has not, or has in another shape; nothing is changed then.
void merge_lora(Denoiser& unet, const std::filesystem::path& file, double strength = 1);
// The same of a model, and after each reload of its U-Net.
void merge_lora(DiffusionModel& model, const std::filesystem::path& file, double strength = 1);

}  // namespace nadir
