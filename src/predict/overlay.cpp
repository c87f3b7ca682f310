#include "predict/overlay.h"

#include <torch/torch.h>

#include "predict/products.h"

namespace nadir {
namespace {

constexpr std::int64_t kLongest = 4096;
constexpr double kOpacity = 0.5;

torch::Tensor stretched(const torch::Tensor& band) {
  if (band.scalar_type() == torch::kByte) return band;
  torch::Tensor values = band.to(torch::kFloat32);
  const torch::Tensor finite = values.masked_select(values.isfinite());
  if (finite.numel() == 0) return torch::zeros_like(values, torch::kByte);
  const torch::Tensor some = finite.slice(0, 0, finite.numel(), finite.numel() / (1 << 20) + 1);
  const double low = torch::quantile(some, 0.02).item<double>(),
               high = torch::quantile(some, 0.98).item<double>();
  return ((values - low) / std::max(1e-6, high - low) * 255).nan_to_num(0).clamp(0, 255).to(torch::kByte);
}

// [H, W, 3] uint8
torch::Tensor picture(const torch::Tensor& bands) {
  std::vector<torch::Tensor> shown;
  for (std::int64_t band = 0; band < 3; ++band) {
    shown.push_back(stretched(bands[bands.size(0) >= 3 ? band : 0]));
  }
  return torch::stack(shown, 2);
}

// What is drawn for each value of the class map: colours, and how strongly.
struct Paint {
  torch::Tensor colors;   // [65536, 3] float32
  torch::Tensor opacity;  // [65536, 1]
};

Paint paint_of(const ModelCard& card) {
  Paint paint{torch::zeros({65536, 3}), torch::zeros({65536, 1})};
  const std::vector<RasterClass> values = map_values(card);
  const std::int64_t first = card.task == Task::kMultilabel ? 1 : 0;  // absence is not drawn
  for (std::int64_t value = first; value < std::ssize(values); ++value) {
    for (std::int64_t i = 0; i < 3; ++i) {
      paint.colors[value][i] = values[static_cast<std::size_t>(value)].color[static_cast<std::size_t>(i)];
    }
    paint.opacity[value] = kOpacity;
  }
  return paint;
}

}  // namespace

void draw_overlay(const RasterSource& source, const std::filesystem::path& classes, const ModelCard& card,
                  const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  const RasterReader map(classes.string());
  const RasterReader image(source.info().path);
  std::vector<std::int64_t> bands{1};
  if (image.info().bands.size() >= 3) bands = {1, 2, 3};
  const torch::Tensor labels = map.read_overview(kLongest).select(0, 0).to(torch::kLong);
  const torch::Tensor under =
      picture(image.read_overview(kLongest, bands, source.area())).to(torch::kFloat32);
  const Paint paint = paint_of(card);
  const torch::Tensor opacity = paint.opacity.index({labels});
  const torch::Tensor mixed = under * (1 - opacity) + paint.colors.index({labels}) * opacity;
  const torch::Tensor drawn = mixed.round().clamp(0, 255).to(torch::kByte).contiguous();
  const bool is_png = file.extension() == ".png";
  write_file_atomically(file, is_png ? encode_png(drawn) : encode_jpeg(drawn, 90));
}

}  // namespace nadir
