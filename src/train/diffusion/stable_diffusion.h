// A published diffusion model that goes on learning.
#pragma once

#include <string>
#include <vector>

#include "train/diffusion/diffusion_network.h"

namespace nadir {

struct StableDiffusionConfig {
  std::string folder;  // in diffusers' layout
  std::string unet;    // another U-Net's folder (DiffusionSat's checkpoint); "": the folder's own
  // full: the U-Net; metadata: its metadata embeddings; lora: low-rank changes of its attention
  std::string learn = "full";
  // Gives a U-Net without metadata embeddings new ones for seven numbers, as DiffusionSat began from Stable
  // Diffusion. Their last layers begin at zero: at first the U-Net does what it did.
  bool add_metadata = false;
  std::int64_t rank = 4;        // of lora
  std::optional<double> alpha;  // of lora: changes are scaled by alpha / rank; none: rank
  std::vector<std::string> targets = {"to_q", "to_k", "to_v", "to_out.0"};  // of lora: ends of layers' names
  bool gradient_checkpointing = false;  // less memory, about a third more time
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Writes unet/ (full, metadata), or pytorch_lora_weights.safetensors (lora).
std::shared_ptr<DiffusionNetwork> make_stable_diffusion(const StableDiffusionConfig& config,
                                                        const DiffusionStart& start);

}  // namespace nadir
