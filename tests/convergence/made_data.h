// Small sets in the publishers' layouts, in which what is to be found can be learnt.
#pragma once

#include <torch/torch.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "pictures/picture.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir::testing {

using Rgb = std::array<int, 3>;

inline std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// Rectangles of all classes over class 0, alike in size. Gives [H, W] int64.
inline torch::Tensor shapes(std::int64_t height, std::int64_t width, std::int64_t classes) {
  torch::Tensor map = torch::zeros({height, width}, torch::kInt64);
  const std::int64_t side = std::min(height, width) / 4;
  for (std::int64_t i = 0; i < 6 * classes; ++i) {
    const auto place = [&](std::int64_t size) {
      return torch::randint(0, size - side, {1}).item<std::int64_t>();
    };
    map.narrow(0, place(height), side).narrow(1, place(width), side).fill_(i % classes);
  }
  return map;
}

// [3, H, W] uint8, each pixel the colour of its class.
inline torch::Tensor paint(const torch::Tensor& map, const std::vector<Rgb>& colors) {
  torch::Tensor table = torch::empty({static_cast<std::int64_t>(colors.size()), 3}, torch::kUInt8);
  for (std::size_t k = 0; k < colors.size(); ++k) {
    for (std::size_t band = 0; band < 3; ++band)
      table[static_cast<std::int64_t>(k)][static_cast<std::int64_t>(band)] = colors[k][band];
  }
  return table.index_select(0, map.flatten())
      .view({map.size(0), map.size(1), 3})
      .permute({2, 0, 1})
      .contiguous();
}

// A photo of the map: dull colours of the classes' own, under noise.
inline torch::Tensor photograph(const torch::Tensor& map, const std::vector<Rgb>& colors) {
  const torch::Tensor dull = paint(map, colors).to(torch::kFloat32).mul(0.4).add(60);
  return (dull + 12 * torch::randn(dull.sizes())).clamp(0, 255).to(torch::kUInt8);
}

// Study 002's pairs: the photo left, its label in colours right.
inline void write_cityscapes_pairs(const std::filesystem::path& root) {
  const std::vector<Rgb> colors = {{0, 0, 0},      {128, 64, 128}, {70, 70, 70},  {153, 153, 153},
                                   {107, 142, 35}, {70, 130, 180}, {220, 20, 60}, {0, 0, 142}};
  torch::manual_seed(3);
  for (int i = 0; i < 20; ++i) {
    const torch::Tensor map = shapes(256, 256, 8);
    const torch::Tensor pair = torch::cat({photograph(map, colors), paint(map, colors)}, 2);
    write_file_atomically(root / (i < 16 ? "train" : "val") / (std::to_string(i) + ".jpg"),
                          encode_jpeg_file(pair.permute({1, 2, 0}).contiguous(), 95));
  }
}

// Potsdam's tiles and label colours, with the publisher's names.
inline void write_potsdam(const std::filesystem::path& root) {
  const std::vector<Rgb> colors = {{255, 255, 255}, {0, 0, 255},   {0, 255, 255},
                                   {0, 255, 0},     {255, 255, 0}, {255, 0, 0}};
  torch::manual_seed(4);
  for (const char* tile : {"2_10", "2_11", "3_10", "3_11", "4_10", "2_13"}) {
    const torch::Tensor map = shapes(256, 256, 6);
    const std::string name = std::string("top_potsdam_") + tile;
    write(root / "2_Ortho_RGB" / (name + "_RGB.tif"), photograph(map, colors), {.geo = utm(0.05)});
    write(root / "5_Labels_all" / (name + "_label.tif"), paint(map, colors), {.geo = utm(0.05)});
  }
}

// Study 003's scenes and their copies in which water is 0: parts of a Landsat scene with a shore, water where
// its index (MNDWI) is above 0.
inline void write_masked_copies(const std::filesystem::path& root) {
  const RasterReader scene(std::string(NADIR_TEST_DATA) + "/landsat/L7_ETMs.tif");
  int written = 0;
  for (std::int64_t row = 0; row + 64 <= scene.info().height; row += 16) {
    for (std::int64_t column = 0; column + 64 <= scene.info().width; column += 16) {
      const at::Tensor pixels = scene.read({row, column, 64, 64}, {3, 2, 1, 5}).to(torch::kInt32);
      const at::Tensor water = pixels[1].gt(pixels[3]);  // green above short-wave infrared
      const double share = water.to(torch::kFloat64).mean().item<double>();
      if (share < 0.3 || share > 0.7) continue;
      const at::Tensor image = pixels.narrow(0, 0, 3).clamp_min(1);
      const std::string name = two_digits(written++) + ".tif";
      write(root / "scenes" / name, image.to(torch::kUInt8), {.geo = utm()});
      write(root / "copies" / name, image.masked_fill(water, 0).to(torch::kUInt8), {.geo = utm()});
    }
  }
  if (written < 8)
    throw std::runtime_error("the Landsat scene gives " + std::to_string(written) + " parts alone");
}

}  // namespace nadir::testing
