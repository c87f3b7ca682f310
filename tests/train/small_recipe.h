// A data set and a recipe small enough to train in a second: bright squares on dark ground, as prepared
// tensors.
#pragma once

#include <torch/torch.h>

#include <string>

#include "nadir/nadir.h"
#include "temporary_folder.h"

namespace nadir {

// Writes one scene of 96 x 96 pixels, three bands, uint8; class 1 where a square lies.
inline std::filesystem::path write_squares(const TemporaryFolder& folder) {
  torch::manual_seed(5);
  torch::Tensor target = torch::zeros({96, 96}, torch::kUInt8);
  for (std::int64_t i = 0; i < 40; ++i) {
    target.narrow(0, (i * 37) % 88, 8).narrow(1, (i * 53) % 88, 8).fill_(1);
  }
  const torch::Tensor noise = torch::randint(0, 60, {3, 96, 96}, torch::kInt64);
  const torch::Tensor image = (noise + 100 * target.to(torch::kInt64)).to(torch::kUInt8);
  write_safetensors(folder / "squares.safetensors", {{{"a/image", image}, {"a/target", target}}, {}});
  return folder / "squares.safetensors";
}

inline Recipe small_recipe(const TemporaryFolder& folder, const std::string& more = "") {
  const std::string yaml =
      "classes: [{name: ground}, {name: square}]\n"
      "data:\n"
      "  source: {prepared: {file: " +
      write_squares(folder).string() +
      "}}\n"
      "  split: {train: 0.6, val: 0.2, test: 0.2, block: 32, seed: 3}\n"
      "  sampler: {random_patch: {size: 16, per_image: 96}}\n"
      "  augment: [flip]\n"
      "model: {unet: {start: 4}}\n"
      "loss: {cross_entropy: 1, dice: 1}\n"
      "optimizer: {adamw: {lr: 0.01}}\n"
      "schedule: cosine\n"
      "train: {epochs: 3, batch_size: 8, seed: 11, device: cpu}\n";
  write_file_atomically(folder / "small.yaml", yaml + more);
  return read_recipe(folder / "small.yaml");
}

// The same pixels with two labels that do not exclude each other: bright, and on one of the stripes.
inline Recipe labels_recipe(const TemporaryFolder& folder) {
  const Recipe recipe = small_recipe(folder);
  NamedTensors tensors = read_safetensors(folder / "squares.safetensors").tensors;
  torch::Tensor& target = tensors[1].second;
  const torch::Tensor column = torch::arange(96).div(12, "floor").remainder(2);
  const torch::Tensor striped = column.expand({96, 96}).to(torch::kUInt8);
  torch::Tensor& image = tensors[0].second;
  image.select(0, 2).add_(striped * 90);
  target = torch::stack({target, striped});
  write_safetensors(folder / "labels.safetensors", {tensors, {}});
  return read_recipe(
      folder / "small.yaml",
      {"task=multilabel", "classes=[{name: bright}, {name: striped}]",
       "data.source.prepared.file=" + (folder / "labels.safetensors").string(),
       "loss={binary_cross_entropy: 1, dice: 1}", "train.metrics=[competition_dice]", "train.epochs=4"});
}

}  // namespace nadir
