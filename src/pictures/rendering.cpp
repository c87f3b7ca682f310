#include "pictures/rendering.h"

#include <torch/torch.h>

#include <cstdlib>

namespace nadir {
namespace {

constexpr std::int64_t kPercentilePixels = 1 << 20;
constexpr std::int64_t kGap = 6;

std::vector<double> rgb(const std::string& color) {
  const auto part = [&](std::size_t at) {
    return static_cast<double>(std::strtol(color.substr(at, 2).c_str(), nullptr, 16));
  };
  return {part(1), part(3), part(5)};
}

// [256, 3] uint8
torch::Tensor color_table(const std::vector<ClassInfo>& classes) {
  torch::Tensor table = torch::full({256, 3}, 225, torch::kUInt8);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    table[static_cast<std::int64_t>(k)] = torch::tensor(rgb(classes[k].color)).to(torch::kUInt8);
  }
  return table;
}

// target: [K, H, W]
torch::Tensor label_picture(const torch::Tensor& target, const std::vector<ClassInfo>& classes) {
  const torch::Tensor colors =
      color_table(classes).narrow(0, 0, target.size(0)).to(torch::kFloat32);  // [K, 3]
  const torch::Tensor there = target.eq(1).to(torch::kFloat32).flatten(1);    // [K, pixels]
  const torch::Tensor mean = there.t().matmul(colors) / there.sum(0).clamp_min(1).unsqueeze(1);
  const torch::Tensor none = there.sum(0).eq(0).unsqueeze(1);
  const torch::Tensor ignored = target.eq(kIgnore).all(0).flatten().unsqueeze(1);
  const torch::Tensor picture = torch::where(ignored, 225.0, torch::where(none, 32.0, mean));
  return picture.round().to(torch::kUInt8).view({target.size(1), target.size(2), 3});
}

torch::Tensor stretched(const torch::Tensor& band, const torch::Tensor& usable) {
  torch::Tensor values = band.masked_select(usable);
  if (values.numel() == 0) return torch::zeros_like(band);
  values = values.slice(0, 0, values.numel(), values.numel() / kPercentilePixels + 1);
  const double low = torch::quantile(values, 0.02).item<double>();
  const double high = torch::quantile(values, 0.98).item<double>();
  return ((band - low) / std::max(1e-6, high - low) * 255).nan_to_num(0).clamp(0, 255);
}

}  // namespace

torch::Tensor image_picture(const Sample& sample) {
  const torch::Tensor image = sample.image.to(torch::kFloat32);
  const std::int64_t shown = image.size(0) >= 3 ? 3 : 1;
  std::vector<torch::Tensor> bands;
  for (std::int64_t band = 0; band < shown; ++band) {
    torch::Tensor usable = image[band].isfinite();
    if (sample.valid.defined()) usable = usable & sample.valid;
    bands.push_back(stretched(image[band], usable));
  }
  while (bands.size() < 3) bands.push_back(bands.front());
  return torch::stack(bands, 2).to(torch::kUInt8);
}

torch::Tensor class_picture(const torch::Tensor& target, const std::vector<ClassInfo>& classes) {
  if (target.dim() == 3) return label_picture(target, classes);
  return color_table(classes).index({target.to(torch::kInt64)});
}

torch::Tensor label_map(const torch::Tensor& label, std::int64_t height, std::int64_t width) {
  if (label.dim() == 0) return torch::full({height, width}, label.item<std::int64_t>(), torch::kUInt8);
  const std::int64_t classes = label.size(0);
  torch::Tensor map = torch::zeros({classes, height, width}, torch::kUInt8);
  for (std::int64_t k = 0; k < classes; ++k) {
    const std::int64_t top = k * height / classes, bottom = (k + 1) * height / classes;
    map[k].narrow(0, top, bottom - top).fill_(label[k]);
  }
  return map;
}

torch::Tensor overlay_picture(const torch::Tensor& image, const torch::Tensor& target,
                              const std::vector<ClassInfo>& classes, double opacity) {
  const torch::Tensor colors = class_picture(target, classes).to(torch::kFloat32);
  const torch::Tensor mixed = image.to(torch::kFloat32) * (1 - opacity) + colors * opacity;
  const torch::Tensor bare = target.dim() == 3 ? target.ne(1).all(0) : target.eq(kIgnore);
  return torch::where(bare.unsqueeze(2), image, mixed.round().to(torch::kUInt8));
}

torch::Tensor contact_sheet(const std::vector<torch::Tensor>& pictures, std::int64_t columns) {
  const auto count = static_cast<std::int64_t>(pictures.size());
  const std::int64_t rows = (count + columns - 1) / columns;
  std::int64_t height = 0, width = 0;
  for (const torch::Tensor& each : pictures) {
    height = std::max(height, each.size(0));
    width = std::max(width, each.size(1));
  }
  torch::Tensor sheet =
      torch::full({rows * (height + kGap) + kGap, columns * (width + kGap) + kGap, 3}, 255, torch::kUInt8);
  for (std::int64_t i = 0; i < count; ++i) {
    const torch::Tensor& picture = pictures[static_cast<std::size_t>(i)];
    sheet.narrow(0, kGap + i / columns * (height + kGap), picture.size(0))
        .narrow(1, kGap + i % columns * (width + kGap), picture.size(1))
        .copy_(picture);
  }
  return sheet;
}

}  // namespace nadir
