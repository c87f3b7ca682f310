#include "explain_picture.h"

#include <torch/torch.h>

#include <cmath>

#include "bitmap_text.h"
#include "core/text.h"
#include "pictures/color_map.h"
#include "pictures/rendering.h"

namespace nadir {
namespace {

constexpr std::int64_t kLeast = 256, kMost = 1024;  // pixels of a drawn image's longer side
constexpr std::int64_t kGap = 6, kBar = 14, kLabel = 44;
// Opacity of the colours where the explanation is lowest, and what is added where it is highest.
constexpr double kFaint = 0.1, kStrong = 0.6;

// planes: [1, C, H, W] float32
torch::Tensor resized(const torch::Tensor& planes, std::int64_t height, std::int64_t width) {
  if (planes.size(2) == height && planes.size(3) == width) return planes;
  return torch::_upsample_bilinear2d_aa(planes, {height, width}, /*align_corners=*/false);
}

// Small images are enlarged by whole pixels, so that these stay visible; large ones are shrunk.
torch::Tensor drawn_size(const torch::Tensor& picture) {
  const std::int64_t height = picture.size(0), width = picture.size(1), longer = std::max(height, width);
  const std::int64_t times = std::max<std::int64_t>(1, kLeast / longer);
  if (times > 1) return picture.repeat_interleave(times, 0).repeat_interleave(times, 1);
  if (longer <= kMost) return picture;
  const torch::Tensor planes = picture.permute({2, 0, 1}).unsqueeze(0).to(torch::kFloat32);
  const torch::Tensor small = resized(planes, std::max<std::int64_t>(1, height * kMost / longer),
                                      std::max<std::int64_t>(1, width * kMost / longer));
  return small.squeeze(0).permute({1, 2, 0}).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

struct Scale {
  double low = 0, high = 0;
  double unit = 1;  // what the numbers beside the bar count in
  torch::Tensor shares(const torch::Tensor& values) const {
    return high > low ? (values - low) / (high - low) : torch::zeros_like(values);
  }
};

// Grad-CAM's zero means something; a rollout's least value is that of a patch like any other, and its mean
// that of attention that does not choose: numbers near 1 tell that the colours show next to nothing.
Scale scale_of(const Explanation& explanation) {
  const double low = explanation.cells.min().item<double>(), high = explanation.cells.max().item<double>();
  if (explanation.method == "Grad-CAM") return {0, high, 1};
  return {low, high, explanation.cells.mean().item<double>()};
}

torch::Tensor colored(const torch::Tensor& picture, const torch::Tensor& shares) {
  const torch::Tensor opacity = (kFaint + kStrong * shares).unsqueeze(2);
  const torch::Tensor mixed =
      picture.to(torch::kFloat32) * (1 - opacity) + color_map(shares).to(torch::kFloat32) * opacity;
  return mixed.round().to(torch::kUInt8);
}

std::string number(double value) {
  const int digits = value == 0 ? 0 : std::clamp(2 - static_cast<int>(std::floor(std::log10(value))), 0, 5);
  return fixed(value, digits);
}

// A bar of the colours, its highest value on top.
torch::Tensor scale_bar(const Scale& scale, std::int64_t height) {
  torch::Tensor bar = torch::full({height, kBar + kLabel, 3}, 255, torch::kUInt8);
  const torch::Tensor shares = torch::linspace(1, 0, height).unsqueeze(1).expand({height, kBar});
  bar.narrow(1, 0, kBar).copy_(color_map(shares));
  bar.narrow(0, 0, kTextHeight)
      .narrow(1, kBar, kLabel)
      .copy_(caption_picture(number(scale.high / scale.unit), kLabel));
  bar.narrow(0, height - kTextHeight, kTextHeight)
      .narrow(1, kBar, kLabel)
      .copy_(caption_picture(number(scale.low / scale.unit), kLabel));
  return bar;
}

}  // namespace

torch::Tensor explanation_picture(const torch::Tensor& picture, const Explanation& explanation,
                                  const std::string& caption) {
  const torch::Tensor image = drawn_size(picture);
  const std::int64_t height = image.size(0), width = image.size(1);
  const Scale scale = scale_of(explanation);
  const torch::Tensor map = resized(explanation.map.unsqueeze(0).unsqueeze(0), height, width);
  const torch::Tensor shares = scale.shares(map.squeeze(0).squeeze(0)).clamp(0, 1);
  const torch::Tensor gap = torch::full({height, kGap, 3}, 255, torch::kUInt8);
  // A strip of very few pixels still has a scale that can be read.
  const torch::Tensor bar = scale_bar(scale, std::max(height, 2 * kTextHeight));
  torch::Tensor row = torch::cat({image, gap, colored(image, shares), gap}, 1);
  row = torch::constant_pad_nd(row, {0, 0, 0, 0, 0, bar.size(0) - height}, 255);
  const torch::Tensor pictures = torch::cat({row, bar}, 1);
  return torch::cat({pictures, caption_picture(caption, pictures.size(1))}, 0);
}

}  // namespace nadir
