#include "image_grid.h"

#include <torch/torch.h>

#include "bitmap_text.h"

namespace nadir {
namespace {

constexpr std::int64_t kGap = 4;      // white pixels between images
constexpr std::int64_t kLeast = 192;  // width of an image that a label fits on
constexpr double kWhite = 255;

// [H, W, 3], label above image.
torch::Tensor labelled(const LabelledImage& image, std::int64_t enlarged) {
  const torch::Tensor pixels =
      image.pixels.repeat_interleave(enlarged, 1).repeat_interleave(enlarged, 2).permute({1, 2, 0});
  return torch::cat({caption_picture(image.label, pixels.size(1)), pixels}, 0);
}

torch::Tensor padded(const torch::Tensor& picture, std::int64_t height, std::int64_t width) {
  return torch::constant_pad_nd(
      picture, {0, 0, 0, width + kGap - picture.size(1), 0, height + kGap - picture.size(0)}, kWhite);
}

}  // namespace

torch::Tensor image_grid(const std::vector<LabelledImage>& images, std::int64_t columns) {
  std::int64_t height = 0, width = 0, widest = 1;
  for (const LabelledImage& each : images) widest = std::max(widest, each.pixels.size(2));
  const std::int64_t enlarged = (kLeast + widest - 1) / widest;
  std::vector<torch::Tensor> pictures;
  for (const LabelledImage& each : images) {
    pictures.push_back(labelled(each, std::max<std::int64_t>(1, enlarged)));
    height = std::max(height, pictures.back().size(0));
    width = std::max(width, pictures.back().size(1));
  }
  const auto wide = static_cast<std::size_t>(columns);
  while (pictures.size() % wide != 0) pictures.push_back(torch::full({1, 1, 3}, kWhite, torch::kUInt8));
  std::vector<torch::Tensor> rows, row;
  for (const torch::Tensor& each : pictures) {
    row.push_back(padded(each, height, width));
    if (row.size() == wide) rows.push_back(torch::cat(std::exchange(row, {}), 1));
  }
  // The gap is below and right of each; above and left of all there is one more.
  return torch::constant_pad_nd(torch::cat(rows, 0), {0, 0, kGap, 0, kGap, 0}, kWhite).contiguous();
}

}  // namespace nadir
