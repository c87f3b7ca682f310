#include "data/transforms/clahe.h"

#include <opencv2/imgproc.hpp>

#include "data/pixel_values.h"
#include "data/planes.h"
#include "data/tile_equalizer.h"
#include "data/transforms/three_bands.h"

namespace nadir {
namespace {

template <class T>
void equalize_band(const T* in, T* out, const TileEqualizer& equalizer, const ValueRange& range) {
  const bool is_8_bit = sizeof(T) == 1 && range.low == 0 && range.high == 255;
  const double per_level = range.span() / 255;
  const auto level = [&](std::int64_t i) {
    const double value = (static_cast<double>(in[i]) - range.low) / per_level;
    return static_cast<float>(std::clamp(value, 0.0, 255.0));
  };
  equalizer.run(level, is_8_bit, [&](std::int64_t i, float value) {
    out[i] = to_pixel<T>(is_8_bit ? std::nearbyint(value) : range.low + per_level * value);
  });
}

// A band by itself; one without any spread stays as it is.
Sample equalize_bands(Sample sample, const TileEqualizer& equalizer, const std::vector<ValueRange>& ranges) {
  const torch::Tensor from = sample.image.contiguous();
  sample.image = from.clone();
  const std::int64_t plane = from.size(1) * from.size(2);
  visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
    for (std::int64_t band = 0; band < from.size(0); ++band) {
      const ValueRange& range = ranges[static_cast<std::size_t>(band)];
      if (!(range.span() > 0)) continue;
      equalize_band(from.const_data_ptr<T>() + band * plane,
                    sample.image.mutable_data_ptr<T>() + band * plane, equalizer, range);
    }
  });
  return sample;
}

// [3, H, W] uint8 to another space of colours and back.
torch::Tensor convert_colours(const torch::Tensor& image, int code) {
  const torch::Tensor from = image.permute({1, 2, 0}).contiguous();
  torch::Tensor to = torch::empty_like(from);
  const auto rows = static_cast<int>(from.size(0)), columns = static_cast<int>(from.size(1));
  const cv::Mat in(rows, columns, CV_8UC3, const_cast<void*>(from.const_data_ptr()));
  cv::Mat out(rows, columns, CV_8UC3, to.mutable_data_ptr());
  cv::cvtColor(in, out, code);
  return to.permute({2, 0, 1}).contiguous();
}

Sample equalize_lightness(Sample sample, const TileEqualizer& equalizer,
                          const std::vector<ValueRange>& ranges) {
  const torch::ScalarType type = sample.image.scalar_type();
  torch::Tensor image = sample.image.contiguous();
  if (type != torch::kUInt8) {
    image = change_values(image.to(torch::kFloat32), [&](std::size_t band, double x) {
              const ValueRange& range = ranges[band];
              if (!(range.span() > 0) || !std::isfinite(x)) return 0.0;
              return std::clamp(std::nearbyint((x - range.low) / range.span() * 255), 0.0, 255.0);
            }).to(torch::kUInt8);
  }
  torch::Tensor lab = convert_colours(image, cv::COLOR_RGB2Lab);
  const torch::Tensor lightness = lab.narrow(0, 0, 1);
  Sample plane{lightness, {}, sample.valid, sample.id};
  lightness.copy_(equalize_bands(std::move(plane), equalizer, {{0, 255}}).image);
  image = convert_colours(lab, cv::COLOR_Lab2RGB);
  if (type == torch::kUInt8) {
    sample.image = image;
    return sample;
  }
  const torch::Tensor wide = change_values(image.to(torch::kFloat32), [&](std::size_t band, double x) {
    return ranges[band].low + x / 255 * ranges[band].span();
  });
  sample.image = type == torch::kFloat32 ? wide : wide.round().to(type);
  return sample;
}

class Clahe final : public Transform {
 public:
  explicit Clahe(const ClaheConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (config_.mode == "lab") check_three_bands(sample, "clahe with mode: lab");
    if (!random.chance(config_.probability)) return sample;
    return equalize(std::move(sample), random.uniform(1, config_.clip_limit), config_);
  }

 private:
  ClaheConfig config_;
};

}  // namespace

void ClaheConfig::fields(FieldVisitor& visit) {
  visit.field("clip_limit", clip_limit, at_least(1));
  visit.field("tiles", tiles, between(1, 64));
  visit.field("mode", mode, {"auto", "lab", "bands"});
  visit.field("range", range);
  visit.field("probability", probability, between(0, 1));
}

void ClaheConfig::validate() const {
  check_range(range);
  if (tiles.size() != 2) throw ConfigError("'tiles' must be two numbers, rows and columns: tiles: [8, 8]");
}

Sample equalize(Sample sample, double clip_limit, const ClaheConfig& config) {
  const ValidPixels valid(sample);
  const TileEqualizer equalizer({.height = sample.image.size(-2),
                                 .width = sample.image.size(-1),
                                 .tile_rows = config.tiles[0],
                                 .tile_columns = config.tiles[1]},
                                clip_limit, valid.get());
  const std::vector<ValueRange> ranges = value_ranges(sample, config.range);
  const bool is_8_bit = sample.image.scalar_type() == torch::kUInt8;
  const bool colours =
      config.mode == "lab" || (config.mode == "auto" && is_8_bit && sample.image.size(0) == 3);
  return colours ? equalize_lightness(std::move(sample), equalizer, ranges)
                 : equalize_bands(std::move(sample), equalizer, ranges);
}

std::unique_ptr<Transform> make_clahe(const ClaheConfig& config) { return std::make_unique<Clahe>(config); }

}  // namespace nadir
